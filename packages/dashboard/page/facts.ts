import type { Run } from "@cloudy/observer/run.ts";
import { h } from "./dom.ts";

export function facts(run: Run): HTMLElement[] {
  return [
    h("h2", {}, "This run"),
    h(
      "dl",
      {},
      run.facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    h(
      "p",
      { class: "caption" },
      run.speed === 1
        ? "All times are of the wall clock."
        : `The time axis is cloud time, which runs ${run.speed} times as fast as the wall clock. Request rates and latencies are of the wall clock: requests really took that long.`,
    ),
  ];
}

export function unreadable(run: Run): HTMLElement[] {
  return Object.entries(run.system.unreadable).map(([kind, reason]) =>
    h("p", { class: "unreadable" }, h("strong", {}, `Could not read the ${kind}: `), reason),
  );
}
