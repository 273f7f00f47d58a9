export { AWS_CLOCK, type ClockReading, cloudNow } from "./clock.ts";
export type { Connection } from "./connection.ts";
export { type Observer, observe } from "./observe.ts";
export { parseOutputs } from "./outputs.ts";
export { renderReport } from "./report.ts";
export type { LoadSample, PhaseSpan, PromiseResult, ResponseShare, Run, SystemView } from "./run.ts";
export { servePage } from "./serve-page.ts";
export { startDashboard } from "./start-dashboard.ts";
