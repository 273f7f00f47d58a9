import { UserDataError } from "./errors.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** systemd.time(7) spans: `90`, `1min 30s`, `500ms`; a bare number means seconds. `infinity` never elapses. */
export function parseTimeSpan(text: string): number {
  if (text === "infinity") return Number.POSITIVE_INFINITY;
  let total_ms = 0;
  const rest = text.replaceAll(/([\d.]+)\s*([a-z]*)\s*/g, (_match, amount: string, unit: string) => {
    const unit_ms = unit === "" ? 1000 : UNITS_MS[unit];
    if (unit_ms === undefined) return unit;
    total_ms += Number(amount) * unit_ms;
    return "";
  });
  if (rest !== "" || text === "" || !Number.isFinite(total_ms)) {
    throw new UserDataError(`"${text}" is not a time span such as "30s" or "1min 30s".`);
  }
  return total_ms;
}

const CALENDAR_NAMES: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
};

/** The next time (UTC, ms) after `now_ms` that matches a daily calendar expression such as `*:0/5` or `*-*-* *:*:00`. */
export function nextElapse(expression: string, now_ms: number): number {
  const full = CALENDAR_NAMES[expression] ?? expression;
  const time = full.replace(/^\*-\*-\*\s+/, "").split(":");
  if (time.length < 2 || time.length > 3) throw notACalendar(expression);
  const matchers = [...time, ...(time.length === 2 ? ["00"] : [])].map((part) => matcher(part, expression));
  const start_ms = Math.floor(now_ms / 1000) * 1000 + 1000;
  for (let second = 0; second <= 86_400; second += 1) {
    const at = new Date(start_ms + second * 1000);
    const parts = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
    if (matchers.every((matches, index) => matches(parts[index] ?? 0))) return at.getTime();
  }
  throw notACalendar(expression);
}

function matcher(part: string, expression: string): (value: number) => boolean {
  if (part === "*") return () => true;
  const match = /^(\d+)(?:\/(\d+))?$/.exec(part);
  if (match === null) throw notACalendar(expression);
  const [start, step] = [Number(match[1]), Number(match[2] ?? 0)];
  return (value) => (step === 0 ? value === start : value >= start && (value - start) % step === 0);
}

function notACalendar(expression: string): Error {
  return new UserDataError(
    `OnCalendar=${expression} is not modelled by the twin; write minutely, *:0/5 or *-*-* *:*:00.`,
  );
}
