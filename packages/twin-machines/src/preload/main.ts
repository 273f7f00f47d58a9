/**
 * Loaded into every Node process of an instance or function (`NODE_OPTIONS=--import`), so that unchanged bundles live in
 * the twin's network and time. Start-up counts: only built-in modules, no work before it is needed.
 */
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { installConnect } from "./connect.ts";
import { installListen } from "./listen.ts";
import { installTime } from "./time.ts";

const fabricPath = process.env["TWIN_FABRIC"];
const hostName = process.env["TWIN_HOSTNAME"];
const speed = Number(process.env["TWIN_SPEED"] ?? "1");

if (fabricPath !== undefined) {
  // An address only exists where somebody may listen: instances have one, functions do not.
  const own =
    process.env["TWIN_ADDRESS"] === undefined || process.env["TWIN_BACK"] === undefined
      ? undefined
      : { address: process.env["TWIN_ADDRESS"], back: process.env["TWIN_BACK"] };
  installConnect({ fabricPath, own, isTimeScaled: speed !== 1 });
  if (own !== undefined) installListen(own.address, own.back);
}
const vcpus = process.env["TWIN_VCPUS"];
const memory_MB = process.env["TWIN_MEMORY_MB"];
// An instance has what its type has, whatever this machine has.
if (vcpus !== undefined) {
  const cpus = os.cpus();
  os.availableParallelism = () => Number(vcpus);
  os.cpus = () => Array.from({ length: Number(vcpus) }, (_, index) => cpus[index % cpus.length] as os.CpuInfo);
}
if (memory_MB !== undefined) {
  const total = Number(memory_MB) * 2 ** 20;
  const free = os.freemem;
  os.totalmem = () => total;
  os.freemem = () => Math.min(free(), total);
}
if (hostName !== undefined) os.hostname = () => hostName;
if (speed !== 1) {
  installTime({
    speed,
    cloudEpoch_ms: Number(process.env["TWIN_CLOUD_EPOCH_MS"]),
    realEpoch_ms: Number(process.env["TWIN_REAL_EPOCH_MS"]),
  });
}
syncBuiltinESMExports();
