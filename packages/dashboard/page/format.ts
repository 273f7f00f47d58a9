/** `4:05` or `1:02:09`: time since the start of the run. */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function clockTime(t_ms: number): string {
  return `${new Date(t_ms).toISOString().slice(11, 19)} UTC`;
}

/** At most three significant digits, as people read figures on a dial. */
export function figure(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(Math.abs(value) < 1 ? 2 : 3)));
}

export function duration(value_ms: number): string {
  return value_ms < 1000 ? `${figure(value_ms)} ms` : `${figure(value_ms / 1000)} s`;
}
