import type { ResourceOptions } from "@cloudy/twin-model/registration.ts";

/** One resource of a recorded graph, with what the engine is told of it beside its properties. */
export interface Resource {
  /** Pulumi's type token, for example `aws:ec2/vpc:Vpc`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options: ResourceOptions;
}

/** As people know it: `Listener http`. */
export function titleOf({ type, name }: Resource): string {
  return `${type.split(":").at(-1)} ${name}`;
}
