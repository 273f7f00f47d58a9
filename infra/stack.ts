import { createHash } from "node:crypto";
import { stackName, stackTags } from "@cloudy/contracts/stack-tags.ts";
import { RunError } from "@pulumi/pulumi";

/** What a stack is called by: for people, in tags, in metrics and in the names of what it makes. */
export interface StackIdentity {
  readonly project: string;
  readonly stack: string;
  /** Begins every name that AWS wants to be unique: `cloudy-prod-` or, where `cloudy:name` says so, `Cloudy`. */
  readonly prefix: string;
}

/** The shortest limit is a load balancer's: 32 characters, of which `LB` takes two. */
const PREFIX_LENGTH_MAX = 30;
/** Of the SHA-256 of project and stack, in hex: two stacks of one account do not meet in it by chance. */
const HASH_LENGTH = 8;

/**
 * `name` is the prefix if it is given. By default it follows from project and stack, so that no two stacks share it: as it
 * stands where load balancers may be called so and a reader can tell the two apart, else shortened, with a hash of both.
 */
export function stackIdentity(project: string, stack: string, name: string | undefined): StackIdentity {
  return { project, stack, prefix: name ?? defaultPrefix(project, stack) };
}

function defaultPrefix(project: string, stack: string): string {
  const readable = `${project}-${stack}`.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-/, "");
  if (readable.startsWith("internal-")) {
    throw new RunError(
      `[cloudy:name] is not set, and the name of stack ${project}/${stack} begins with "internal-", as no load balancer's may: set it to 1 to 20 letters and digits.`,
    );
  }
  const plain = `${readable}-`;
  // The project's end is where the first hyphen is, so `a-b`/`c` and `a`/`b-c` are not called the same.
  const isPlain = plain === `${project}-${stack}-` && !project.includes("-") && plain.length <= PREFIX_LENGTH_MAX;
  if (isPlain) return plain;
  const hash = createHash("sha256").update(stackName({ project, stack })).digest("hex").slice(0, HASH_LENGTH);
  const kept = readable.slice(0, PREFIX_LENGTH_MAX - HASH_LENGTH - 2).replace(/-$/, "");
  return `${kept}-${hash}-`;
}

/** `<project>/<stack>`: the value of the dimension `Stack`, and what a process is told of its stack. */
export function nameOf({ project, stack }: StackIdentity): string {
  return stackName({ project, stack });
}

/** What everything of the stack is tagged with, where the provider's default tags do not reach. */
export function tagsOf(identity: StackIdentity): Readonly<Record<string, string>> {
  return stackTags(nameOf(identity));
}

/** The prefix as a word of its own, where nothing follows it. */
export function labelOf({ prefix }: StackIdentity): string {
  return prefix.replace(/-$/, "");
}

/** The condition that a thing belongs to this stack and has the tag `role` at `true`. */
export function ownResources(identity: StackIdentity, role: string): Readonly<Record<string, string>> {
  const tags = { [role]: "true", ...stackTags(nameOf(identity)) };
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`ec2:ResourceTag/${key}`, value]));
}
