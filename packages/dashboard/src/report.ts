import { renderPage } from "./page-bundle.ts";
import type { Run } from "./run.ts";

/** The report of a run as one self-contained HTML file. */
export function renderReport(run: Run): Promise<string> {
  return renderPage({ mode: "report", run }, `${run.title}: ${run.headline}`);
}
