import net from "node:net";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";

interface TimeSettings {
  readonly speed: number;
  readonly cloudEpoch_ms: number;
  readonly realEpoch_ms: number;
}

type AnyFunction = (...args: never[]) => unknown;

/**
 * Deadlines shrink less than pauses: what is waited for is real work of real processes, which a busy machine does not do ten
 * times faster. All of them shrink alike, so that an outer deadline stays longer than the ones inside it.
 */
const DEADLINE_SPEED_MAX = 4;

/**
 * The process lives in cloud time: Date shows it, pauses (timers/promises, intervals) are `speed` times shorter, deadlines
 * (setTimeout with a callback, AbortSignal.timeout, socket timeouts) at most four times. performance.now() goes as fast as Date;
 * hrtime stays real.
 */
export function installTime({ speed, cloudEpoch_ms, realEpoch_ms }: TimeSettings): void {
  const RealDate = Date;
  const now = () => Math.floor(cloudEpoch_ms + (RealDate.now() - realEpoch_ms) * speed);
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
  });

  const realElapsed = performance.now.bind(performance);
  Object.defineProperty(performance, "now", { value: () => realElapsed() * speed, configurable: true });

  const deadlineSpeed = Math.min(speed, DEADLINE_SPEED_MAX);
  const scaled =
    (original: AnyFunction, position: number, factor = speed) =>
    (...args: unknown[]): unknown =>
      Reflect.apply(
        original,
        undefined,
        args.map((arg, index) => (index === position && typeof arg === "number" ? arg / factor : arg)),
      );

  const promised = {
    setTimeout: scaled(timersPromises.setTimeout, 0),
    setInterval: scaled(timersPromises.setInterval, 0),
  };
  const wait = timersPromises.scheduler.wait.bind(timersPromises.scheduler);
  Object.assign(timersPromises, promised);
  Object.defineProperty(timersPromises.scheduler, "wait", { value: scaled(wait, 0), configurable: true });
  const timeout = Object.assign(scaled(timers.setTimeout, 1, deadlineSpeed), {
    [promisify.custom]: promised.setTimeout,
  });
  const interval = scaled(timers.setInterval, 1);
  Object.assign(timers, { setTimeout: timeout, setInterval: interval });
  Object.assign(globalThis, { setTimeout: timeout, setInterval: interval });

  const abortTimeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (delay) => abortTimeout(Math.ceil(delay / deadlineSpeed));
  const socketTimeout = net.Socket.prototype.setTimeout;
  net.Socket.prototype.setTimeout = function (delay, ...rest) {
    return socketTimeout.call(this, delay / deadlineSpeed, ...rest);
  };
}
