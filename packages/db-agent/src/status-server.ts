import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import { GRANT_BODY_BYTES_MAX, PEER_TIMEOUT_MS } from "./constants.ts";
import { withDeadline } from "./deadline.ts";
import { AgentError, messageOf } from "./errors.ts";
import type { Status } from "./status.ts";

export interface StatusSource {
  status(): Status;
  /** Checks and takes a grant; the answer's HTTP status and sentence. */
  takeGrant(body: string): { readonly code: number; readonly because: string };
}

/** `GET /status`, `GET /peer?host=IP` (can this machine reach that agent?) and `POST /grant`, all JSON. */
export function createStatusServer(source: StatusSource, statusPort: number): Server {
  return createServer((request, response) => {
    handle(source, statusPort, request)
      .catch((error: unknown) => ({ code: 500, body: { error: messageOf(error) } }))
      .then((answer) => send(response, answer.code, answer.body));
  });
}

interface Answer {
  readonly code: number;
  readonly body: unknown;
}

async function handle(source: StatusSource, statusPort: number, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://agent");
  switch (`${request.method} ${url.pathname}`) {
    case "GET /status":
      return { code: 200, body: source.status() };
    case "GET /peer":
      return askPeer(url.searchParams.get("host") ?? "", statusPort);
    case "POST /grant": {
      const { code, because } = source.takeGrant(await readBody(request));
      return { code, body: { accepted: code === 202, because } };
    }
    default:
      return { code: 404, body: { error: `${request.method} ${url.pathname} is not served here` } };
  }
}

async function askPeer(host: string, port: number): Promise<Answer> {
  if (isIP(host) !== 4) return { code: 400, body: { error: `[host] must be an IPv4 address, got "${host}"` } };
  try {
    const status = await withDeadline(PEER_TIMEOUT_MS, `agent at ${host}:${port}`, async (signal) => {
      const answer = await fetch(`http://${host}:${port}/status`, { signal });
      if (!answer.ok) throw new AgentError(`agent at ${host}:${port} answered ${answer.status}`);
      return answer.json();
    });
    return { code: 200, body: { reached: true, status } };
  } catch (error) {
    return { code: 200, body: { reached: false, because: messageOf(error) } };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > GRANT_BODY_BYTES_MAX) throw new AgentError(`a grant has at most ${GRANT_BODY_BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}
