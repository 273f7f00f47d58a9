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
