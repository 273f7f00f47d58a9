import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

const SPEED = 20;
const realSetTimeout = globalThis.setTimeout;
const realSleep = timers.setTimeout;
const start_ms = Date.now();
const realNow = Date.now;

globalThis.setTimeout = ((task: (...values: unknown[]) => void, delay_ms = 0, ...values: unknown[]) =>
  realSetTimeout(task, delay_ms / SPEED, ...values)) as typeof globalThis.setTimeout;
timers.setTimeout = ((delay_ms, value, options) =>
  realSleep((delay_ms ?? 0) / SPEED, value, options)) as typeof timers.setTimeout;
Date.now = () => start_ms + (realNow() - start_ms) * SPEED;
const realElapsed = performance.now.bind(performance);
performance.now = () => realElapsed() * SPEED;
syncBuiltinESMExports();
