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

/** The process lives in cloud time: Date shows it, timers run `speed` times faster. `performance` and hrtime stay real. */
export function installTime({ speed, cloudEpoch_ms, realEpoch_ms }: TimeSettings): void {
  const RealDate = Date;
  const now = () => Math.floor(cloudEpoch_ms + (RealDate.now() - realEpoch_ms) * speed);
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
  });

  const scale = (delay: unknown) => (typeof delay === "number" ? delay / speed : delay);
  const scaled =
    (original: AnyFunction, position: number) =>
    (...args: unknown[]): unknown =>
      Reflect.apply(
        original,
        undefined,
        args.map((arg, index) => (index === position ? scale(arg) : arg)),
      );

  const promised = {
    setTimeout: scaled(timersPromises.setTimeout, 0),
    setInterval: scaled(timersPromises.setInterval, 0),
  };
  const wait = timersPromises.scheduler.wait.bind(timersPromises.scheduler);
  Object.assign(timersPromises, promised);
  Object.defineProperty(timersPromises.scheduler, "wait", { value: scaled(wait, 0), configurable: true });
  const timeout = Object.assign(scaled(timers.setTimeout, 1), { [promisify.custom]: promised.setTimeout });
  const interval = scaled(timers.setInterval, 1);
  Object.assign(timers, { setTimeout: timeout, setInterval: interval });
  Object.assign(globalThis, { setTimeout: timeout, setInterval: interval });

  const abortTimeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (delay) => abortTimeout(Math.ceil(delay / speed));
  const socketTimeout = net.Socket.prototype.setTimeout;
  net.Socket.prototype.setTimeout = function (delay, ...rest) {
    return socketTimeout.call(this, delay / speed, ...rest);
  };
}
