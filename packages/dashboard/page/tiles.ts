import type { Run } from "@cloudy/observer/run.ts";
import { h } from "./dom.ts";
import { duration, figure } from "./format.ts";
import { shortNames } from "./names.ts";

/** The figures of the moment while it runs; the most telling ones of the whole run in a report. */
export function tiles(run: Run): HTMLElement[] {
  return [...loadTiles(run), ...systemTiles(run)].map(([name, value, note]) =>
    h(
      "div",
      { class: "tile" },
      h("p", { class: "name" }, name),
      h("p", { class: "value" }, value),
      h("p", { class: "note" }, note),
    ),
  );
}

type Tile = readonly [name: string, value: string, note: string];

function loadTiles(run: Run): Tile[] {
  if (run.load.length === 0) return [];
  // Samples are a second apart, so their rates add up to the count.
  const errors = Math.round(run.load.reduce((sum, sample) => sum + sample.errorsPerSecond, 0));
  if (run.status === "finished") {
    const peak = Math.max(...run.load.map((sample) => sample.requestsPerSecond));
    const slowest = Math.max(0, ...run.load.map((sample) => sample.p99_ms ?? 0));
    return [
      ["Peak load", `${figure(peak)}/s`, "answers to /load"],
      ["Slowest p99", slowest === 0 ? "–" : duration(slowest), "of one second, /load"],
      ["Errors", figure(errors), "wrong status or no answer, all requests"],
    ];
  }
  const last = run.load.at(-1);
  return [
    ["Load", `${figure(last?.requestsPerSecond ?? 0)}/s`, "answers to /load"],
    ["Latency p99", last?.p99_ms === undefined ? "–" : duration(last.p99_ms), "of the last second"],
    ["Errors", figure(errors), "so far: wrong status or no answer"],
  ];
}

function systemTiles(run: Run): Tile[] {
  const { system } = run;
  const names = shortNames(system);
  const cpu = system.cpu.web.at(-1);
  const last = system.samples.at(-1);
  const active = system.roles.at(-1)?.instanceId;
  const alarms = system.alarms.filter((alarm) => alarm.state === "ALARM").map((alarm) => `${alarm.role}-CPU alarm`);
  return [
    [
      "Web CPU",
      cpu === undefined ? "–" : `${figure(cpu.value)} %`,
      alarms.length > 0 ? alarms.join(", ") : system.alarms.length > 0 ? "no alarm" : "no data yet",
    ],
    [
      "Web instances",
      last === undefined ? "–" : String(last.inService),
      system.web === undefined
        ? "no data yet"
        : `desired ${system.web.desired}, ${system.web.min} to ${system.web.max}`,
    ],
    [
      "Active database",
      active === undefined ? "none" : (names.get(active) ?? active),
      active ?? (system.route === undefined ? "no data yet" : `route is ${system.route.state}`),
    ],
  ];
}
