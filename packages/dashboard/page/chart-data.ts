import type { Run } from "@cloudy/observer/run.ts";
import { duration, figure } from "./format.ts";
import { kindOf, shortNames } from "./names.ts";

export interface Series {
  readonly label: string;
  /** Name of a colour variable of the style sheet. */
  readonly color: string;
  readonly shape: "line" | "thin" | "area" | "step" | "dashed step" | "bars";
  readonly values: readonly (number | null)[];
}

export interface ChartData {
  readonly title: string;
  readonly height: number;
  /** Seconds since the start of the run. */
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** The axis reaches at least to here. */
  readonly top: number;
  /** Whether values are counts, so that only whole numbers make sense on the axis. */
  readonly isCount?: boolean;
  readonly format: (value: number) => string;
  readonly empty: string;
  /** Tinted parts of the value axis with their names, for example where an alarm goes off. */
  readonly bands: readonly {
    readonly from: number;
    readonly to: number;
    readonly color: string;
    readonly text: string;
  }[];
}

/** The charts of the time axis from top to bottom. */
export function chartData(run: Run): ChartData[] {
  return [loadChart(run), latencyChart(run), errorChart(run), cpuChart(run), instanceChart(run)];
}

function seconds(run: Run, t_ms: number): number {
  return (t_ms - run.start_ms) / 1000;
}

const NO_LOAD = "No load has been sent.";

function loadChart(run: Run): ChartData {
  return {
    title: "Load",
    height: 96,
    x: run.load.map((sample) => seconds(run, sample.t_ms)),
    series: [
      {
        label: "/load answers",
        color: "load",
        shape: "area",
        values: run.load.map((sample) => sample.requestsPerSecond),
      },
    ],
    top: 1,
    format: (value) => `${figure(value)}/s`,
    empty: NO_LOAD,
    bands: [],
  };
}

function latencyChart(run: Run): ChartData {
  return {
    title: "Latency of /load",
    height: 110,
    x: run.load.map((sample) => seconds(run, sample.t_ms)),
    series: [
      { label: "p50", color: "p50", shape: "line", values: run.load.map((sample) => sample.p50_ms ?? null) },
      { label: "p99", color: "p99", shape: "line", values: run.load.map((sample) => sample.p99_ms ?? null) },
    ],
    top: 10,
    format: duration,
    empty: NO_LOAD,
    bands: [],
  };
}

function errorChart(run: Run): ChartData {
  return {
    title: "Writes and errors",
    height: 96,
    x: run.load.map((sample) => seconds(run, sample.t_ms)),
    series: [
      {
        label: "writes acknowledged",
        color: "good",
        shape: "line",
        values: run.load.map((sample) => sample.writesPerSecond),
      },
      { label: "errors", color: "bad", shape: "bars", values: run.load.map((sample) => sample.errorsPerSecond) },
    ],
    top: 1,
    format: (value) => `${figure(value)}/s`,
    empty: NO_LOAD,
    bands: [],
  };
}

function cpuChart(run: Run): ChartData {
  const { cpu, alarms } = run.system;
  const names = shortNames(run.system);
  const single = Object.entries(cpu.instances).filter(
    ([id, points]) => kindOf(run.system, id) === "web" && points.length > 0,
  );
  const lines = [...single.map(([, points]) => points), cpu.web].map((points) => holdLast(points));
  const x = [...new Set(lines.flatMap((points) => points.map((point) => point.t_ms)))].sort((a, b) => a - b);
  const values = (points: readonly { t_ms: number; value: number }[] | undefined) => {
    const byTime = new Map((points ?? []).map((point) => [point.t_ms, point.value]));
    return x.map((t_ms) => byTime.get(t_ms) ?? null);
  };
  return {
    title: "CPU of the web instances",
    height: 130,
    x: x.map((t_ms) => seconds(run, t_ms)),
    series: [
      ...single.map(([id], index) => ({
        label: names.get(id) ?? id,
        color: "faint",
        shape: "thin" as const,
        values: values(lines[index]),
      })),
      { label: "group average", color: "cpu", shape: "step", values: values(lines.at(-1)) },
    ],
    top: 100,
    format: (value) => `${figure(value)} %`,
    empty: "No metric has been published yet.",
    bands: alarms.map((alarm) =>
      alarm.role === "high"
        ? { from: alarm.threshold, to: 100, color: "band-high", text: `high-CPU alarm above ${alarm.threshold} %` }
        : { from: 0, to: alarm.threshold, color: "band-low", text: `low-CPU alarm below ${alarm.threshold} %` },
    ),
  };
}

/** A datapoint stands for the minute that follows it: the last one is drawn to its end. */
function holdLast<T extends { readonly t_ms: number; readonly value: number }>(points: readonly T[]) {
  const last = points.at(-1);
  return last === undefined ? [] : [...points, { t_ms: last.t_ms + 60_000, value: last.value }];
}

function instanceChart(run: Run): ChartData {
  const { samples, web } = run.system;
  return {
    title: "Web instances",
    height: 84,
    x: samples.map((sample) => seconds(run, sample.t_ms)),
    series: [
      { label: "in service", color: "good", shape: "step", values: samples.map((sample) => sample.inService) },
      {
        label: "healthy targets",
        color: "p50",
        shape: "thin",
        values: samples.map((sample) => sample.healthy ?? null),
      },
      { label: "desired", color: "ink", shape: "dashed step", values: samples.map((sample) => sample.desired) },
    ],
    top: (web?.max ?? 2) + 0.4,
    isCount: true,
    format: (value) => String(Math.round(value)),
    empty: "The group has not been read yet.",
    bands: [],
  };
}
