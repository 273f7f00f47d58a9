interface FileSystemBlocks {
  readonly blocks: number;
  readonly bfree: number;
  /** Free for everybody but root. */
  readonly bavail: number;
}

/** As df(1) has it: of the space that is not reserved for root. */
export function diskUsedPercent({ blocks, bfree, bavail }: FileSystemBlocks): number {
  const used = blocks - bfree;
  return used + bavail === 0 ? 0 : (100 * used) / (used + bavail);
}
