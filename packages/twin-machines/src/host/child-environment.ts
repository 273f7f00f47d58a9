import type { Clock } from "@cloudy/twin-model/clock.ts";

/** Marks every process of a twin, so that none is left behind. */
const TWIN_MARKER = "TWIN_DIRECTORY";

/** Makes a Node process live in the twin: network, host name and, where asked for, cloud time. See preload/main.ts. */
export function childEnvironment(options: {
  readonly preload: string;
  readonly twinDirectory: string;
  readonly fabricPath: string;
  readonly own?: { readonly address: string; readonly back: string };
  readonly hostName?: string;
  /** Given for processes that run in cloud time. */
  readonly clock?: Clock;
}): Record<string, string> {
  const { own, hostName, clock } = options;
  return {
    [TWIN_MARKER]: options.twinDirectory,
    NODE_OPTIONS: `--import=${options.preload}`,
    TWIN_FABRIC: options.fabricPath,
    ...(own === undefined ? {} : { TWIN_ADDRESS: own.address, TWIN_BACK: own.back }),
    ...(hostName === undefined ? {} : { TWIN_HOSTNAME: hostName }),
    ...(clock === undefined
      ? {}
      : {
          TWIN_SPEED: String(clock.speed),
          TWIN_CLOUD_EPOCH_MS: String(clock.now()),
          TWIN_REAL_EPOCH_MS: String(Date.now()),
        }),
  };
}
