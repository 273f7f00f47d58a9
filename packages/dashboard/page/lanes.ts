import { elapsed } from "@cloudy/observer/elapsed.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { GUTTER, MARGIN, type TimeRange } from "./chart.ts";
import { h, showIn } from "./dom.ts";
import { shorten, shortNames } from "./names.ts";
import { placeLabels } from "./place-labels.ts";

export interface Axis {
  readonly run: Run;
  readonly range: TimeRange;
  readonly width: number;
  readonly toPixels: (t_ms: number) => number;
}

const ROW = 19;
const ROWS = 12;

export function phaseLane(lane: HTMLElement, { run, width, toPixels }: Axis): void {
  lane.hidden = run.phases.length === 0;
  const now = run.now_ms;
  const end = run.phases.some((phase) => phase.end_ms === undefined) ? now : 0;
  showIn(lane, [run.phases, end, width, toPixels(now)], () => [
    laneTitle("Phase"),
    ...run.phases.map((phase) => {
      const left = toPixels(phase.start_ms);
      const size = Math.max(2, toPixels(phase.end_ms ?? now) - left);
      const kind = phase.failure !== undefined ? "failed" : phase.end_ms === undefined ? "open" : "";
      const text = phase.failure === undefined ? phase.name : `✕ ${phase.name}`;
      const title = phase.failure === undefined ? phase.name : `${phase.name}: ${phase.failure}`;
      return h("div", { class: `phase ${kind}`, style: `left:${left}px;width:${size}px`, title }, h("span", {}, text));
    }),
  ]);
}

/** Each decision as a sentence at its moment, with a line from it down through all charts. */
export function decisionLane(lane: HTMLElement, lines: HTMLElement, { run, range, width, toPixels }: Axis): void {
  const major = run.system.decisions.filter(
    (decision) => decision.major && decision.t_ms - run.start_ms >= range.from * 1000 - 1000,
  );
  const names = shortNames(run.system);
  const sentences = major.map((decision) => shorten(decision.sentence, names));
  showIn(lane, [major, sentences, range, width], () => {
    const most = Math.max(140, Math.min(340, width * 0.6));
    const labels = major.map((decision, index) => ({
      x: Math.min(toPixels(decision.t_ms), width - MARGIN),
      width: Math.min(most, textWidth(sentences[index] ?? "") + 20),
    }));
    const placed = placeLabels(labels, width, ROWS);
    const rows = Math.max(0, ...placed.map((place) => (place === undefined ? 0 : place.row + 1)));
    lane.style.height = `${rows * ROW + 6}px`;
    const offset = lane.offsetTop;
    lines.replaceChildren(
      ...major.map((decision, index) => {
        const top = offset + (placed[index]?.row ?? rows) * ROW + (placed[index] === undefined ? 0 : 10);
        return h("i", { class: decision.source, style: `left:${labels[index]?.x}px;top:${top}px` });
      }),
    );
    return major.map((decision, index) => {
      const place = placed[index];
      if (place === undefined) return undefined;
      const side = place.isFlipped ? `right:${width - place.left - place.width}px` : `left:${place.left}px`;
      const at = elapsed(decision.t_ms - run.start_ms);
      return h(
        "div",
        {
          class: `decision ${decision.source}${place.isFlipped ? " flipped" : ""}`,
          style: `${side};top:${place.row * ROW}px;max-width:${place.width}px`,
          title: `${at}  ${decision.sentence}`,
        },
        sentences[index],
      );
    });
  });
}

let measure: CanvasRenderingContext2D | null | undefined;

function textWidth(text: string): number {
  measure ??= document.createElement("canvas").getContext("2d");
  if (!measure) return text.length * 6.5;
  measure.font = "12px system-ui, sans-serif";
  return measure.measureText(text).width;
}

/** Who is the active database, with a gap while nobody is. */
export function roleLane(lane: HTMLElement, { run, range, width, toPixels }: Axis): void {
  const { roles } = run.system;
  const names = shortNames(run.system);
  const end = run.now_ms;
  showIn(lane, [roles, [...names], range, width, toPixels(end)], () => {
    const start = run.start_ms + range.from * 1000;
    const spans = roles.map((role, index) => {
      const left = toPixels(Math.max(role.t_ms, start));
      const until = roles[index + 1]?.t_ms ?? end;
      const size = Math.max(3, toPixels(Math.max(until, start)) - left);
      const name = role.instanceId === undefined ? "none" : (names.get(role.instanceId) ?? role.instanceId);
      const length = elapsed(until - role.t_ms);
      const title =
        role.instanceId === undefined ? `no active database for ${length}` : `${role.instanceId}, ${length}`;
      const kind = role.instanceId === undefined ? "gap" : index % 4 < 2 ? "a" : "b";
      const text = h("span", { class: role.instanceId === undefined ? "nobody" : undefined }, name);
      return h("div", { class: `role ${kind}`, style: `left:${left}px;width:${size}px`, title }, text);
    });
    return [
      h(
        "div",
        { class: "caption-line" },
        h("span", { class: "chart-title" }, "Active database (route of the virtual IP)"),
      ),
      h(
        "div",
        { class: "role-bar" },
        ...(spans.length === 0 ? [h("p", { class: "empty in-chart" }, "The route has not been read yet.")] : spans),
      ),
    ];
  });
}

export function tickLane(lane: HTMLElement, { run, range, width, toPixels }: Axis): void {
  showIn(lane, [range, width], () =>
    range.ticks.map((tick) =>
      h("span", { style: `left:${toPixels(run.start_ms + tick * 1000)}px` }, elapsed(tick * 1000)),
    ),
  );
}

function laneTitle(text: string): HTMLElement {
  return h("span", { class: "lane-title", style: `width:${GUTTER - 8}px` }, text);
}
