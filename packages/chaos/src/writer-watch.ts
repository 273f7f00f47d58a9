import type { DatabaseProcess } from "./processes.ts";

/**
 * Tells whether postgres ever ran twice. A process counts from its birth, which the kernel knows, to the last look that
 * saw it alive: two that were alive together for longer than the time between two looks are found.
 */
export class WriterWatch {
  /** By instance: the last look that saw a process of postgres there, in clock ticks since the machine's start. */
  readonly #lastSeen = new Map<string, number>();
  readonly #violations = new Set<string>();
  #looks = 0;

  get violations(): readonly string[] {
    return [...this.#violations];
  }

  get looks(): number {
    return this.#looks;
  }

  /** `now`: before the processes were looked for. */
  look(processes: readonly DatabaseProcess[], now: number): void {
    this.#looks += 1;
    const postgres = processes.filter(({ what }) => what === "postgres");
    for (const { instanceId, born, pid } of postgres) {
      for (const [other, seen] of this.#lastSeen) {
        if (other === instanceId || seen <= born) continue;
        this.#violations.add(`postgres ${pid} of ${instanceId} was started while one of ${other} was alive`);
      }
    }
    const instances = [...new Set(postgres.map(({ instanceId }) => instanceId))].sort();
    if (instances.length > 1) this.#violations.add(`postgres was alive on ${instances.join(" and ")} at once`);
    for (const instanceId of instances) {
      const servers = postgres.filter((process) => process.instanceId === instanceId && process.isPostmaster);
      if (servers.length > 1) this.#violations.add(`${instanceId} had ${servers.length} postmasters at once`);
      this.#lastSeen.set(instanceId, now);
    }
  }
}
