import uPlot from "uplot";
import type { ChartData, Series } from "./chart-data.ts";
import { h } from "./dom.ts";
import { color } from "./theme.ts";

/** Width of the value axes: the same for all charts, so that they share one time axis. */
export const GUTTER = 58;
export const MARGIN = 14;

export interface TimeRange {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** One chart of the stack. Redraws in place; is built anew only when its width, theme or lines change. */
export function createChart() {
  const legend = h("span", { class: "legend" });
  const title = h("span", { class: "chart-title" });
  const empty = h("p", { class: "empty in-chart" });
  const canvas = h("div", { class: "canvas" });
  const element = h("div", { class: "chart" }, h("div", { class: "caption-line" }, title, legend), canvas, empty);
  let plot: uPlot | undefined;
  let built = "";
  let shown: ChartData | undefined;
  let range: TimeRange = { from: 0, to: 1, ticks: [] };

  function build(data: ChartData, width: number): uPlot {
    const chart = new uPlot(
      options(data, width, () => range),
      columns(data),
      canvas,
    );
    chart.over.addEventListener("mouseleave", () => showLegend());
    return chart;
  }
  function options(data: ChartData, width: number, current: () => TimeRange): uPlot.Options {
    const axis = { stroke: color("muted"), font: "11px system-ui, sans-serif" };
    const grid = { stroke: color("grid"), width: 1 };
    return {
      width,
      height: data.height,
      padding: [6, MARGIN, 6, 0],
      legend: { show: false },
      cursor: { sync: { key: "cloudy" }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
      scales: {
        x: { time: false, range: () => [current().from, current().to] },
        y: { range: (_, __, max) => [0, Math.max(data.top, (max ?? 0) * 1.08)] },
      },
      axes: [
        { ...axis, size: 0, grid, ticks: { show: false }, splits: () => [...current().ticks], values: blank },
        {
          ...axis,
          size: GUTTER,
          grid,
          ticks: { show: false },
          space: data.isCount === true ? 14 : 26,
          ...(data.isCount === true && { incrs: [1, 2, 5, 10] }),
          values: (_, ticks) => ticks.map(data.format),
        },
      ],
      series: [{}, ...data.series.map(seriesOptions)],
      hooks: { drawClear: [(u) => drawBands(u, shown ?? data)], setCursor: [(u) => showLegend(u.cursor.idx)] },
    };
  }
  function showLegend(index?: number | null): void {
    const data = shown;
    if (data === undefined) return;
    legend.replaceChildren(
      ...data.series.map((series) => {
        const at = index ?? lastIndex(series.values);
        const value = at === undefined ? undefined : series.values[at];
        const text = value === null || value === undefined ? "–" : data.format(value);
        const swatch = h("i", {
          class: `swatch ${series.shape.replace(" ", "-")}`,
          style: `--c:var(--${series.color})`,
        });
        return h("span", {}, swatch, `${series.label} `, h("b", {}, text));
      }),
    );
  }

  return {
    element,
    draw(data: ChartData, next: TimeRange, width: number, isRestyled: boolean) {
      range = next;
      shown = data;
      title.textContent = data.title;
      const isEmpty = data.series.every((series) => series.values.every((value) => value === null));
      empty.textContent = isEmpty ? data.empty : "";
      const key = JSON.stringify([width, data.height, data.top, data.series.map((series) => series.label)]);
      if (plot === undefined || key !== built || isRestyled) {
        plot?.destroy();
        plot = build(data, width);
        built = key;
      } else plot.setData(columns(data));
      showLegend(plot.cursor.idx);
    },
  };
}

function blank(_: uPlot, ticks: number[]): string[] {
  return ticks.map(() => "");
}

function lastIndex(values: readonly (number | null)[]): number | undefined {
  const index = values.findLastIndex((value) => value !== null);
  return index < 0 ? undefined : index;
}

function columns(data: ChartData): uPlot.AlignedData {
  return [[...data.x], ...data.series.map((series) => [...series.values])];
}

function seriesOptions(series: Series): uPlot.Series {
  const stroke = color(series.color);
  const base = { label: series.label, stroke, width: 1.75, points: { show: false }, spanGaps: false };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  switch (series.shape) {
    case "line":
      return base;
    case "thin":
      return { ...base, width: 1, ...(stepped && { paths: stepped }) };
    case "area":
      return { ...base, fill: `color-mix(in srgb, ${stroke} 16%, transparent)` };
    case "step":
      return { ...base, width: 2, ...(stepped && { paths: stepped }) };
    case "dashed step":
      return { ...base, width: 1.5, dash: [5, 4], ...(stepped && { paths: stepped }) };
    case "bars": {
      const bars = uPlot.paths.bars?.({ size: [0.8, 12, 2] });
      return { ...base, width: 0, fill: stroke, ...(bars && { paths: bars }) };
    }
  }
}

function drawBands(u: uPlot, data: ChartData): void {
  const { ctx } = u;
  const { left, width } = u.bbox;
  const ratio = devicePixelRatio;
  for (const band of data.bands) {
    const top = u.valToPos(band.to, "y", true);
    const bottom = u.valToPos(band.from, "y", true);
    const isHigh = band.color === "band-high";
    ctx.save();
    ctx.fillStyle = color(band.color);
    ctx.fillRect(left, top, width, bottom - top);
    ctx.strokeStyle = color(`${band.color}-line`);
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    const edge = isHigh ? bottom : top;
    ctx.beginPath();
    ctx.moveTo(left, edge);
    ctx.lineTo(left + width, edge);
    ctx.stroke();
    ctx.fillStyle = color(`${band.color}-line`);
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.fillText(band.text, left + width - 6 * ratio, isHigh ? edge - 5 * ratio : edge + 13 * ratio);
    ctx.restore();
  }
}
