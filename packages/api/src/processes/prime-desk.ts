import type { PrimePool } from "../load/prime-pool.ts";
import { PoolClosed, QueueFull } from "../load/worker-pool.ts";
import { reasonOf } from "./failure.ts";
import type { Member } from "./member.ts";
import type { FromWorker, Refusal } from "./messages.ts";

/** Where one process hands in its calculations. */
export class PrimeDesk {
  readonly #pool: PrimePool;
  readonly #member: Pick<Member, "send">;
  readonly #underWay = new Map<number, AbortController>();

  constructor(pool: PrimePool, member: Pick<Member, "send">) {
    this.#pool = pool;
    this.#member = member;
  }

  receive(message: FromWorker): void {
    if (message.kind === "calculate") void this.#calculate(message.id, message.number);
    if (message.kind === "cancel") this.#underWay.get(message.id)?.abort();
  }

  /** The process has ended: nobody waits for its calculations. */
  close(): void {
    for (const controller of this.#underWay.values()) controller.abort();
  }

  async #calculate(id: number, number: number): Promise<void> {
    const controller = new AbortController();
    this.#underWay.set(id, controller);
    try {
      const result = await this.#pool.run(number, controller.signal);
      this.#member.send({ kind: "calculated", id, result });
    } catch (error) {
      this.#member.send({ kind: "refused", id, why: refusalOf(error), message: reasonOf(error) });
    } finally {
      this.#underWay.delete(id);
    }
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof QueueFull) return "queue-full";
  return error instanceof PoolClosed ? "pool-closed" : "failed";
}
