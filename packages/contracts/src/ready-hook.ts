/** Name of the lifecycle hook by which a new instance's own boot, or its agent, says that it may count as in service. */
export const READY_HOOK = "ready";
