/** Time since the start of the run: "4:05", beyond an hour "1:02:09". Nothing before the start. */
export function elapsed(time_ms: number): string {
  const seconds = Math.max(0, Math.round(time_ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
