/** The metadata service is on the same host: a second is long. */
const TIMEOUT_MS = 2_000;
const TOKEN_TTL_SECONDS = 60;

/** The instance's id by IMDSv2: a token first, then the question. */
export async function fetchInstanceId(endpoint: string): Promise<string> {
  const token = await request(endpoint, "/latest/api/token", {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_TTL_SECONDS) },
  });
  return await request(endpoint, "/latest/meta-data/instance-id", { headers: { "x-aws-ec2-metadata-token": token } });
}

async function request(endpoint: string, path: string, init: RequestInit): Promise<string> {
  const url = new URL(path, endpoint);
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause: unknown) => {
    throw new Error(`The instance metadata service does not answer at ${url}.`, { cause });
  });
  if (!response.ok) throw new Error(`The instance metadata service answered ${url} with ${response.status}.`);
  return await response.text();
}
