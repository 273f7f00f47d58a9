import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderReport } from "@cloudy/dashboard/report.ts";
import type { Run } from "@cloudy/observer/run.ts";

/** Writes `report.html` and `report.json` into a folder of their own; returns their paths. */
export async function writeReport(run: Run, folder: string, jsonFile: string | undefined) {
  const html = join(folder, "report.html");
  const json = join(folder, "report.json");
  const result = `${JSON.stringify(reportJson(run), null, 2)}\n`;
  await mkdir(folder, { recursive: true });
  await Promise.all([
    renderReport(run).then((page) => writeFile(html, page)),
    writeFile(json, result),
    ...(jsonFile === undefined ? [] : [writeFile(jsonFile, result)]),
  ]);
  return { html, json };
}

/** A name that sorts by time and is a plain file name everywhere. */
export function reportFolder(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(":", "-");
}

function reportJson(run: Run) {
  const { promises, phases, system, load, responses, facts, ...rest } = run;
  return {
    ...rest,
    ...Object.fromEntries(facts.map(([name, value]) => [name.toLowerCase(), value])),
    speed: run.speed,
    // Whoever reads the file wants a yes or no: what could not be told was not held.
    promises: promises.filter(isPromise).map((promise) => ({ ...promise, held: promise.held === true })),
    figures: promises
      .filter((promise) => !isPromise(promise))
      .map(({ code, name, measured, unit }) => ({ code, name, measured, unit })),
    phases,
    responses,
    timeline: { load, ...system },
  };
}

/** Figures without a requirement are there for information. */
function isPromise(result: Run["promises"][number]): boolean {
  return result.required !== "";
}
