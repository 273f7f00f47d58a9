import { elapsed } from "@cloudy/observer/elapsed.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { STATUS_LINE_INTERVAL_MS } from "./constants.ts";

export interface Terminal {
  /** A line that stays. */
  line(text: string): void;
  /** Shows where the run stands: redrawn in place on a terminal, a line now and then otherwise. */
  show(run: Run): void;
  /** The verdict, promise by promise. */
  finish(run: Run): void;
}

export function createTerminal(options: {
  readonly write: (text: string) => void;
  readonly isLive: boolean;
  readonly width: () => number;
  readonly now_ms?: () => number;
}): Terminal {
  const { write, isLive } = options;
  const now_ms = options.now_ms ?? Date.now;
  const told = new Set<string>();
  let drawn = 0;
  let lastStatus_ms = 0;

  function clear(): void {
    // Up to the first line that was drawn, and erase from there.
    if (drawn > 0) write(`\u001b[${drawn}F\u001b[J`);
    drawn = 0;
  }
  function line(text: string): void {
    clear();
    write(`${text}\n`);
  }
  function news(run: Run): void {
    for (const phase of run.phases) {
      tell(`phase ${phase.name}`, `${moment(run, phase.start_ms)}  ── ${phase.name}`);
      if (phase.failure === undefined || phase.end_ms === undefined) continue;
      tell(`failure ${phase.name}`, `${moment(run, phase.end_ms)}  ✕  ${phase.name}: ${phase.failure}`);
    }
    for (const decision of run.system.decisions) {
      if (decision.major) tell(decision.id, `${moment(run, decision.t_ms)}  ${decision.sentence}`);
    }
  }
  function tell(id: string, text: string): void {
    if (told.has(id)) return;
    told.add(id);
    line(text);
  }
  return {
    line,
    show(run) {
      news(run);
      const status = statusLines(run);
      if (isLive) {
        clear();
        write(`${status.map((text) => text.slice(0, options.width() - 1)).join("\n")}\n`);
        drawn = status.length;
      } else if (now_ms() - lastStatus_ms >= STATUS_LINE_INTERVAL_MS) {
        lastStatus_ms = now_ms();
        line(`${moment(run, run.now_ms)}  ${status.slice(1).join(" ").trim().replace(/\s+/g, " ")}`);
      }
    },
    finish(run) {
      news(run);
      clear();
      write(`\n${verdictLines(run).join("\n")}\n`);
    },
  };
}

/** The state of the run in three lines. Pure. */
function statusLines(run: Run): string[] {
  const { system } = run;
  const last = run.load.at(-1);
  const sample = system.samples.at(-1);
  const cpu = system.cpu.web.at(-1);
  const p99 = last?.p99_ms === undefined ? "–" : `${Math.round(last.p99_ms)} ms`;
  const errors = run.load.reduce((sum, one) => sum + one.errorsPerSecond, 0);
  return [
    `▶ ${run.headline}   ${elapsed(run.now_ms - run.start_ms)} of cloud time`,
    `  load ${(last?.requestsPerSecond ?? 0).toFixed(1)}/s   p99 ${p99}   writes ${(last?.writesPerSecond ?? 0).toFixed(1)}/s   errors ${Math.round(errors)}`,
    `  web ${sample?.inService ?? "–"} in service, ${sample?.desired ?? "–"} desired   CPU ${cpu === undefined ? "–" : `${Math.round(cpu.value)} %`}   active database ${system.roles.at(-1)?.instanceId ?? "none"}`,
  ];
}

/** A table like k6's: mark, promise, measured, required. Pure. */
function verdictLines(run: Run): string[] {
  const rows = run.promises.map((promise) => {
    const unit = promise.unit === "" ? "" : ` ${promise.unit}`;
    const isInformation = promise.required === "";
    return {
      mark: isInformation ? "·" : promise.held === true ? "✓" : promise.held === false ? "✕" : "?",
      name: promise.name,
      measured: promise.measured === "" ? "–" : promise.measured + unit,
      required: isInformation ? "" : `required: ${promise.required}`,
      details: promise.details ?? [],
    };
  });
  const width = (pick: (row: (typeof rows)[number]) => string) => Math.max(0, ...rows.map((row) => pick(row).length));
  const names = width((row) => row.name);
  const measured = width((row) => row.measured);
  return [
    ...rows.flatMap((row) => [
      `  ${row.mark} ${row.name.padEnd(names, ".")}.. ${row.measured.padEnd(measured)}  ${row.required}`.trimEnd(),
      ...row.details.map((detail) => `      ${detail}`),
    ]),
    "",
    `  ${run.headline}.`,
    ...run.voided.map((reason) => `  ! ${reason}`),
  ];
}

/** In a column of its own. */
function moment(run: Run, t_ms: number): string {
  return elapsed(t_ms - run.start_ms).padStart(7);
}
