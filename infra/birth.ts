import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type BirthFact, changedSinceBirth } from "./settings/birth-facts.ts";

/** A resource that is known to the state alone, and remembers a value there: any version of the engine can keep it. */
const BYTE_LENGTH = 1;

/**
 * Keeps what the stack was born with in its state: the keepers of a random id stay what they were when it was made, whatever they are
 * given later. They are known in a preview, too, and need no AWS, so a change is told before anything else is asked for.
 */
export class Birth extends pulumi.ComponentResource {
  readonly #born: pulumi.Output<readonly (string | undefined)[]>;
  readonly #facts: readonly BirthFact[];

  constructor(name: string, facts: readonly BirthFact[], opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Birth", name, {}, opts);
    this.#facts = facts;
    const kept = facts.map(
      (fact) =>
        new random.RandomId(
          `birth-${fact.name}`,
          { byteLength: BYTE_LENGTH, keepers: { value: fact.value } },
          { parent: this, ignoreChanges: ["keepers"] },
        ),
    );
    this.#born = pulumi.all(kept.map(({ keepers }) => keepers.apply((known) => known?.["value"])));
    this.registerOutputs({});
  }

  /** Throws, with a sentence for each, when a value is another one than at birth. Nothing else may be declared before. */
  async check(): Promise<void> {
    const error = changedSinceBirth(this.#facts, await settled(this.#born));
    if (error !== undefined) throw error;
  }
}

/**
 * What is known of an output. `apply` would never call back in a preview whose provider leaves the value open, and the program would
 * wait for ever; Pulumi's own promise settles then, too, without a text.
 */
async function settled(
  output: pulumi.Output<readonly (string | undefined)[]>,
): Promise<readonly (string | undefined)[]> {
  const values = await (output as unknown as { promise(): Promise<unknown> }).promise();
  return Array.isArray(values) ? values.map((value) => (typeof value === "string" ? value : undefined)) : [];
}
