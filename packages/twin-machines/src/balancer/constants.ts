/** An Application Load Balancer waits this long for a target's SYN-ACK before it answers 504. */
export const TARGET_CONNECT_TIMEOUT_MS = 10_000;
/** How many ports above the declared one are tried when something else on this machine has it. */
export const PORTS_TRIED_MAX = 100;
/** Cloud time shrinks a check's timeout, but not what a busy machine takes to answer: wall time. */
export const CHECK_TIMEOUT_MS_MIN = 500;
/** From the end of a connection on the load balancer's side to the client's: what it had sent until then is still read. */
export const CLIENT_LINGER_MS = 5_000;
/** An Application Load Balancer answers 463 to more addresses in X-Forwarded-For than these. */
export const FORWARDED_FOR_MAX = 30;
