import type { Random } from "../engine/random.ts";

/** What is wrong with the AWS APIs and the probe function, for as long as a fault lasts. */
export class ControlPlaneTrouble {
  /** Probabilities of an answer that is an error. */
  ec2Failing = 0;
  ec2Throttled = 0;
  probeFailing = 0;
  /** How many times slower than usual, at most. */
  ec2Slow = 1;
  /** How old EC2's answers are, at most. */
  ec2Stale_ms = 0;
  grantsLost = 0;
  grantsRepeated_ms = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  ec2Delay(): number {
    return this.ec2Slow === 1 ? 1 : this.#random.skewed(1, this.ec2Slow);
  }

  /** The name of the error that this call gets. */
  ec2Refusal(): "InternalError" | "RequestLimitExceeded" | undefined {
    if (this.ec2Failing > 0 && this.#random.chance(this.ec2Failing)) return "InternalError";
    if (this.ec2Throttled > 0 && this.#random.chance(this.ec2Throttled)) return "RequestLimitExceeded";
    return undefined;
  }

  ec2Age_ms(): number {
    return this.ec2Stale_ms === 0 ? 0 : this.#random.between(0, this.ec2Stale_ms);
  }

  isProbeFailing(): boolean {
    return this.probeFailing > 0 && this.#random.chance(this.probeFailing);
  }

  isGrantLost(): boolean {
    return this.grantsLost > 0 && this.#random.chance(this.grantsLost);
  }
}
