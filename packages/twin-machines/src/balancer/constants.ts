/** An Application Load Balancer waits this long for a target's SYN-ACK before it answers 504. */
export const TARGET_CONNECT_TIMEOUT_MS = 10_000;
/** How many ports above the declared one are tried when something else on this machine has it. */
export const PORTS_TRIED_MAX = 100;
/** Cloud time shrinks a check's timeout, but not what a busy machine takes to answer: wall time. */
export const CHECK_TIMEOUT_MS_MIN = 500;
