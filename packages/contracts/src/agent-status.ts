/** What a database agent says of itself (`GET /status`, docs/contracts.md). */
export interface AgentStatus {
  readonly instanceId: string;
  readonly role: "starting" | "standby" | "primary" | "stopping";
  readonly epoch: { readonly number: number; readonly holder: string; readonly released: boolean } | null;
  readonly fileSystem: "unknown" | "ok" | "unreachable";
  readonly ready: boolean;
  readonly notReady: readonly string[];
  /** For operators only; no decision looks at it. */
  readonly restore?: RestoreStatus;
}

export interface RestoreStatus {
  /** The restore under way: its backup. */
  readonly running: string | null;
  readonly failure: string | null;
}
