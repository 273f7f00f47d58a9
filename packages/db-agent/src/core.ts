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
  REST_MS,
} from "./constants.ts";
export { initdbDirectory } from "./data-directory.ts";
export type { FileOperation, FileResult, FileSteps } from "./file-operations.ts";
export { parseGrant } from "./grant.ts";
export { Liveness, type LivenessHooks } from "./liveness.ts";
export { parseOrder } from "./order-message.ts";
export { judgeOrder } from "./orders.ts";
export { answerRequest, type SharedRequest, type SharedValue } from "./shared-request.ts";
export { type AgentState, type Effect, type Event, initialState, type StopHow } from "./state.ts";
export { type CoreStatus, statusOf } from "./status.ts";
export { type Step, step } from "./step.ts";
export { judgeGrant } from "./succession.ts";
