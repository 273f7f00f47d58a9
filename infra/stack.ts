import { stackName, stackTags } from "@cloudy/contracts/stack-tags.ts";

/** What a stack is called by, for people, in tags and in metrics. */
export interface StackIdentity {
  readonly project: string;
  readonly stack: string;
}

/** `<project>/<stack>`: the value of the dimension `Stack`, and what a process is told of its stack. */
export function nameOf(identity: StackIdentity): string {
  return stackName(identity);
}

/** The condition that a thing belongs to this stack and has the tag `role` at `true`. */
export function ownResources(identity: StackIdentity, role: string): Readonly<Record<string, string>> {
  const tags = { [role]: "true", ...stackTags(stackName(identity)) };
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`ec2:ResourceTag/${key}`, value]));
}
