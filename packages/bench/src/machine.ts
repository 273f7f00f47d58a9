import { arch, cpus, release, totalmem, type } from "node:os";

/** The machine in one line, since every figure of a run is of that machine. */
export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const memory_gb = Math.round(totalmem() / 2 ** 30);
  return `${type()} ${release()} ${arch()}, ${processors.length} × ${model}, ${memory_gb} GB, Node ${process.versions.node}`;
}
