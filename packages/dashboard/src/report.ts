import type { Run } from "@cloudy/observer/run.ts";
import { renderPage } from "./page-bundle.ts";

/** The report of a run as one self-contained HTML file. */
export function renderReport(run: Run): Promise<string> {
  return renderPage({ mode: "report", run }, `${run.title}: ${run.headline}`);
}
