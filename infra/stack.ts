import * as pulumi from "@pulumi/pulumi";

/** `<project>/<stack>`: dimension of this stack's own metrics. */
export function stackName(): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}`;
}
