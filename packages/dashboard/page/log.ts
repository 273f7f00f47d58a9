import { elapsed } from "@cloudy/observer/elapsed.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { h } from "./dom.ts";
import { clockTime } from "./format.ts";
import { shortNames } from "./names.ts";

const SOURCES: Readonly<Record<Run["system"]["decisions"][number]["source"], string>> = {
  alarm: "Alarm",
  scaling: "Auto Scaling",
  failover: "Failover function",
  instance: "Load balancer",
  demo: "Demo",
};

export function eventLog(run: Run): HTMLElement[] {
  const names = shortNames(run.system);
  const heading = h("h2", {}, "What happened");
  if (run.system.decisions.length === 0) return [heading, h("p", { class: "empty" }, "Nothing has happened yet.")];
  const rows = run.system.decisions.map((decision) =>
    h(
      "tr",
      { class: decision.major ? "major" : "" },
      h("td", { class: "number", title: clockTime(decision.t_ms) }, elapsed(decision.t_ms - run.start_ms)),
      h("td", {}, h("span", { class: `source ${decision.source}` }, SOURCES[decision.source])),
      h("td", {}, withNames(decision.sentence, names)),
    ),
  );
  return [
    heading,
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        { class: "log" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col", class: "number" }, "Time"),
            h("th", { scope: "col" }, "Who"),
            h("th", { scope: "col" }, "What"),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
  ];
}

/** Ids stay, since the log is what one searches; the short name follows. */
function withNames(sentence: string, names: ReadonlyMap<string, string>): Node[] {
  return sentence.split(/(i-[0-9a-z]{8,})/).map((part) => {
    const name = names.get(part);
    if (name === undefined) return document.createTextNode(part);
    return h("span", { class: "ref" }, h("strong", {}, name), " ", h("span", { class: "id" }, part));
  });
}
