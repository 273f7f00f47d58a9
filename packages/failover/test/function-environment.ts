import { vi } from "vitest";
import { type Aws, STACK } from "./aws.ts";

/** What both functions and their SDK clients find in their environment; `vi.unstubAllEnvs` takes it back. */
export async function enterEnvironment(
  aws: Aws,
  ports: { readonly status: number; readonly postgres: number },
): Promise<void> {
  vi.stubEnv("AWS_ENDPOINT_URL", await aws.start());
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "key");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("STACK", STACK);
  vi.stubEnv("STATUS_PORT", String(ports.status));
  vi.stubEnv("POSTGRES_PORT", String(ports.postgres));
  vi.stubEnv("PROBE_TIMEOUT_SECONDS", "5");
}
