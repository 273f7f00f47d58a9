/**
 * Milliseconds since some moment, for how long something takes: unlike Date it goes on evenly when somebody sets the clock. With
 * Date a postgres that hung was not noticed for as long as the clock had been set back.
 */
export function monotonic_ms(): number {
  return performance.now();
}
