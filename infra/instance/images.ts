import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { MachineType } from "./machine-type.ts";

type Architecture = MachineType["architecture"];

/**
 * Amazon Linux 2023 as it was newest when it was taken. A parameter of the stack's own keeps the image's id: what is newest later
 * changes nothing until the text `taken` does, or the architecture, which is another parameter.
 */
export class Images extends pulumi.ComponentResource {
  readonly #taken: string;
  readonly #pinned = new Map<Architecture, pulumi.Output<string>>();

  constructor(name: string, args: { readonly taken: string }, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Images", name, {}, opts);
    this.#taken = args.taken;
    this.registerOutputs({});
  }

  /** Id of the image that instances of this architecture start from. */
  of(architecture: Architecture): pulumi.Output<string> {
    const id = this.#pinned.get(architecture) ?? this.#pin(architecture);
    this.#pinned.set(architecture, id);
    return id;
  }

  /** Every image that an instance of the stack starts from. */
  all(): pulumi.Output<readonly { readonly architecture: string; readonly id: string }[]> {
    return pulumi.all(
      [...this.#pinned].map(([architecture, id]) => id.apply((known) => ({ architecture, id: known }))),
    );
  }

  #pin(architecture: Architecture): pulumi.Output<string> {
    const newest = aws.ssm.getParameterOutput(
      { name: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}` },
      { parent: this },
    );
    const pin = new aws.ssm.Parameter(
      `image-${architecture}-${this.#taken}`,
      {
        type: "String",
        description: `Amazon Linux 2023 (${architecture}) that this stack's instances start from`,
        value: pulumi.unsecret(newest.value),
      },
      { parent: this, ignoreChanges: ["value"] },
    );
    return pulumi.unsecret(pin.value);
  }
}
