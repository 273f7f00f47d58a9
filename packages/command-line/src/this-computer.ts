import { arch, cpus, release, totalmem, type } from "node:os";

/** This computer in one line, since every figure of a run is of this computer. */
export function thisComputer(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const memory_gb = Math.round(totalmem() / 2 ** 30);
  return `${type()} ${release()} ${arch()}, ${processors.length} × ${model}, ${memory_gb} GB, Node ${process.versions.node}`;
}
