/** How cloud time relates to the wall clock (docs/contracts.md). Against AWS itself: speed 1, both epochs equal. */
export interface ClockReading {
  readonly speed: number;
  readonly realEpoch_ms: number;
  readonly cloudEpoch_ms: number;
}

export const AWS_CLOCK: ClockReading = { speed: 1, realEpoch_ms: 0, cloudEpoch_ms: 0 };

export function cloudNow(clock: ClockReading, real_ms: number = Date.now()): number {
  return clock.cloudEpoch_ms + (real_ms - clock.realEpoch_ms) * clock.speed;
}
