import { elapsed } from "@cloudy/observer/elapsed.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { h } from "./dom.ts";

type Verdict = "watching" | "running" | "held" | "broken" | "void";

function verdictOf(run: Run): Verdict {
  if (run.status !== "finished") return run.status;
  if (run.voided.length > 0) return "void";
  return run.promises.some((promise) => promise.held === false) ? "broken" : "held";
}

const MARKS: Readonly<Record<Verdict, string>> = { watching: "◉", running: "▶", held: "✓", broken: "✕", void: "!" };
const WORDS: Readonly<Record<Verdict, string>> = {
  watching: "Watching",
  running: "Running",
  held: "Held",
  broken: "Broken",
  void: "No verdict",
};

export function verdictBanner(run: Run): HTMLElement {
  const verdict = verdictOf(run);
  const open = run.phases.find((phase) => phase.end_ms === undefined);
  const since =
    open !== undefined && run.status === "running"
      ? `for ${elapsed(run.now_ms - open.start_ms)} of cloud time`
      : undefined;
  return h(
    "section",
    { class: `verdict ${verdict}`, role: "status" },
    h("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict]),
    h(
      "div",
      {},
      h("p", { class: "word" }, WORDS[verdict]),
      h("p", { class: "headline" }, run.headline, since && h("span", { class: "since" }, ` ${since}`)),
      run.voided.map((reason) => h("p", { class: "reason" }, reason)),
    ),
  );
}

export function promiseTable(run: Run): HTMLElement | undefined {
  if (run.promises.length === 0) return undefined;
  const row = (promise: Run["promises"][number]) => {
    const isInformation = promise.held === undefined && promise.required === "";
    const [state, mark, word] = isInformation
      ? ["info", "·", "for information"]
      : promise.held === undefined
        ? ["open", "…", "not decided yet"]
        : promise.held
          ? ["held", "✓", "held"]
          : ["broken", "✕", "broken"];
    const unit = promise.unit === "" ? "" : ` ${promise.unit}`;
    return h(
      "tr",
      { class: state },
      h("td", { class: "mark" }, h("span", { role: "img", "aria-label": word, title: word }, mark)),
      h(
        "th",
        { scope: "row" },
        promise.name,
        promise.details?.map((detail) => h("div", { class: "detail" }, detail)),
      ),
      h("td", { class: "number" }, promise.measured === "" ? "–" : `${promise.measured}${unit}`),
      h("td", { class: "number muted" }, promise.required === "" ? "–" : `${promise.required}${unit}`),
    );
  };
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Promises"),
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        { class: "promises" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, h("span", { class: "hidden" }, "Mark")),
            h("th", { scope: "col" }, "Promise"),
            h("th", { scope: "col", class: "number" }, "Measured"),
            h("th", { scope: "col", class: "number" }, "Required"),
          ),
        ),
        h("tbody", {}, run.promises.map(row)),
      ),
    ),
  );
}
