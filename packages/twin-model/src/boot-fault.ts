/** What an instance may find away when it boots. */
export const BOOT_FAULTS = ["mount", "packages", "dns", "metadata"] as const;

/**
 * Something that is away at the beginning of a boot: its file system, the package source, the name server or the metadata
 * service.
 */
export interface BootFault {
  readonly what: (typeof BOOT_FAULTS)[number];
  /** Of cloud time, counted from when the machine is switched on. */
  readonly seconds: number;
}
