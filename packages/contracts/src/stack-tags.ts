/** What tells the parts of one stack from those of another, in an account and region that hold both. */

/** Every resource of a stack carries both, and so does every instance that its groups launch. */
const PROJECT_TAG = "Project";
const STACK_TAG = "Stack";

/** The dimension of the stack's own metrics; its value is the stack's name. */
export const STACK_DIMENSION = "Stack";

/** The failover function's own note on the route tables: which epochs it fenced within the hour. */
export const FENCE_TAG = "cloudy:fences";

/** The name of a stack in metrics and in processes: `<project>/<stack>`. */
export function stackName({ project, stack }: { readonly project: string; readonly stack: string }): string {
  return `${project}/${stack}`;
}

/** The tags of everything that belongs to the stack of this name. */
export function stackTags(name: string): Readonly<Record<typeof PROJECT_TAG | typeof STACK_TAG, string>> {
  const [project = "", stack = ""] = name.split("/");
  return { [PROJECT_TAG]: project, [STACK_TAG]: stack };
}
