/** The agent's decisions and its file protocol, without the machine under them: what a simulation runs. */

export {
  CHECKPOINT_MS_MAX,
  FAST_SHUTDOWN_MS,
  FILE_SYSTEM_SILENCE_MS,
  IMMEDIATE_SHUTDOWN_MS,
  LEFTOVERS_MS,
  PEER_TIMEOUT_MS,
  POLL_MS,
  QUERY_TIMEOUT_MS,
  SILENT_LOOK_MS,
} from "./constants.ts";
export { initdbDirectory } from "./files/data-directory.ts";
export type { FileOperation, FileResult, FileSteps } from "./files/file-operations.ts";
export { answerRequest, type SharedRequest, type SharedValue } from "./files/shared-request.ts";
export { Liveness, type LivenessHooks } from "./postgres/liveness.ts";
export { RecoveryWatch } from "./postgres/recovery-watch.ts";
export { judgeOrder } from "./protocol/orders.ts";
export { Patience } from "./protocol/patience.ts";
export { restTime_ms } from "./protocol/rest.ts";
export { type AgentState, type Effect, type Event, initialState, type StopHow } from "./protocol/state.ts";
export { statusOf } from "./protocol/status.ts";
export { step } from "./protocol/step.ts";
export { judgeGrant } from "./protocol/succession.ts";
