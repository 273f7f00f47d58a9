import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { InstanceType } from "@cloudy/twin-model/instance-types.ts";

/** Marks every process of a twin, so that none is left behind. */
const TWIN_MARKER = "TWIN_DIRECTORY";

/** Makes a Node process live in the twin: network, host name and, where asked for, cloud time. See preload/main.ts. */
export function childEnvironment(options: {
  readonly preload: string;
  readonly twinDirectory: string;
  readonly fabricPath: string;
  readonly own?: { readonly address: string; readonly back: string };
  readonly hostName?: string;
  /** Of the instance that it runs on. */
  readonly type?: Pick<InstanceType, "vcpus" | "memory_MB">;
  /** Given for processes that run in cloud time. */
  readonly clock?: Clock;
}): Record<string, string> {
  const { own, hostName, type, clock } = options;
  return {
    [TWIN_MARKER]: options.twinDirectory,
    NODE_OPTIONS: `--import=${options.preload}`,
    TWIN_FABRIC: options.fabricPath,
    ...(own === undefined ? {} : { TWIN_ADDRESS: own.address, TWIN_BACK: own.back }),
    ...(hostName === undefined ? {} : { TWIN_HOSTNAME: hostName }),
    ...(type === undefined
      ? {}
      : {
          TWIN_VCPUS: String(type.vcpus),
          TWIN_MEMORY_MB: String(type.memory_MB),
          // What `nproc` goes by.
          OMP_NUM_THREADS: String(type.vcpus),
        }),
    ...(clock === undefined
      ? {}
      : {
          TWIN_SPEED: String(clock.speed),
          TWIN_CLOUD_EPOCH_MS: String(clock.now()),
          TWIN_REAL_EPOCH_MS: String(Date.now()),
        }),
  };
}
