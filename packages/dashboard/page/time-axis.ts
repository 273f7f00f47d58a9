import type { Run } from "@cloudy/observer/run.ts";
import { createChart, GUTTER, MARGIN, type TimeRange } from "./chart.ts";
import { chartData } from "./chart-data.ts";
import { h } from "./dom.ts";
import { decisionLane, phaseLane, roleLane, tickLane } from "./lanes.ts";

/** While it runs, the axis grows in steps, so that texts do not move every second. */
const GROWTH_S = 120;
const LEAST_S = 300;

/** The heart of the page: everything that changes over time, under one time axis. */
export function createTimeAxis() {
  const phases = h("div", { class: "lane phases" });
  const decisions = h("div", { class: "lane decisions" });
  const roles = h("div", { class: "lane roles" });
  const ticks = h("div", { class: "lane ticks" });
  const lines = h("div", { class: "lines", "aria-hidden": "true" });
  const charts = h("div", { class: "charts" });
  const stack = h("div", { class: "stack" }, phases, decisions, charts, roles, ticks, lines);
  const element = h("section", { class: "panel axis" }, h("h2", {}, "What happened when"), stack);
  const made: ReturnType<typeof createChart>[] = [];
  let shown: Run | undefined;
  let frame = 0;

  function draw(run: Run, isRestyled: boolean): void {
    shown = run;
    const width = stack.clientWidth;
    if (width === 0) return;
    const range = timeRange(run, width);
    const toPixels = (t_ms: number) => {
      const share = ((t_ms - run.start_ms) / 1000 - range.from) / (range.to - range.from);
      return GUTTER + share * (width - GUTTER - MARGIN);
    };
    chartData(run).forEach((data, index) => {
      const chart = made[index] ?? createChart();
      if (made[index] === undefined) {
        made.push(chart);
        charts.append(chart.element);
      }
      chart.draw(data, range, width, isRestyled);
    });
    const axis = { run, range, width, toPixels };
    phaseLane(phases, axis);
    decisionLane(decisions, lines, axis);
    roleLane(roles, axis);
    tickLane(ticks, axis);
  }
  function redraw(isRestyled: boolean): void {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      if (shown !== undefined) draw(shown, isRestyled);
    });
  }
  new ResizeObserver(() => redraw(false)).observe(stack);

  return { element, draw: (run: Run) => draw(run, false), restyle: () => redraw(true) };
}

function timeRange(run: Run, width: number): TimeRange {
  const end = (run.now_ms - run.start_ms) / 1000;
  const isOver = run.status === "finished";
  // Watching goes on without end: the axis shows the part that is kept.
  const first = run.system.samples[0];
  const from = run.status === "watching" && first ? Math.max(0, (first.t_ms - run.start_ms) / 1000) : 0;
  const to = isOver ? Math.max(end, 1) : Math.max(from + LEAST_S, Math.ceil(end / GROWTH_S) * GROWTH_S);
  return { from, to, ticks: niceTicks(from, to, Math.max(2, Math.floor((width - GUTTER) / 90))) };
}

function niceTicks(from: number, to: number, most: number): number[] {
  const steps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find((candidate) => (to - from) / candidate <= most) ?? 14_400;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step);
}
