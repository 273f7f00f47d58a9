/** One unit under systemd's control: a service, mount or timer. */
export interface Unit {
  readonly isActive: boolean;
  /** Resolves once it is active (or, for a oneshot service, done); rejects with CommandFailed when that fails. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The power is gone: no restart, no timer, no signal any more. */
  abandon(): void;
}
