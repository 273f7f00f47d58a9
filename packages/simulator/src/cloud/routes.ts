import type { Stage } from "../engine/stage.ts";

/** The route tables: where the virtual IP leads, and what the failover function has written on them. */
export class Routes {
  /** Route table -> the virtual IP's target. */
  readonly targets = new Map<string, string | undefined>([
    ["rtb-public", undefined],
    ["rtb-private", undefined],
  ]);
  /** Route table -> key -> value. */
  readonly tags = new Map<string, Map<string, string>>();
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  move(table: string, id: string): void {
    this.targets.set(table, id);
    this.#stage.say("failover", "route", `${table} to ${id}`);
    this.#stage.changed();
  }

  tag(table: string, key: string, value: string): void {
    const tags = this.tags.get(table) ?? new Map<string, string>();
    tags.set(key, value);
    this.tags.set(table, tags);
  }
}
