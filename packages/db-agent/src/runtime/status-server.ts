import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Status } from "@cloudy/contracts/agent-status.ts";
import type { MessageAnswer } from "@cloudy/contracts/message-answer.ts";
import { BODY_BYTES_MAX, PEER_TIMEOUT_MS } from "../constants.ts";
import { withDeadline } from "../deadline.ts";
import { AgentError, messageOf } from "../errors.ts";

/** 202: accepted; any other code: not, and why. */
export interface Verdict {
  readonly code: 202 | 400 | 403 | 409 | 503;
  readonly because: string;
}

export interface StatusSource {
  status(): Status;
  /** Checks and takes a grant; the answer's HTTP status and sentence. */
  takeGrant(body: string): Verdict;
  takeOrder(body: string): Promise<Verdict>;
}

/** `GET /status`, `GET /peer?host=IP` (can this machine reach that agent?), `POST /grant` and `POST /order`, all JSON. */
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
    case "POST /grant":
      return verdict(source.takeGrant(await readBody(request)));
    case "POST /order":
      return verdict(await source.takeOrder(await readBody(request)));
    default:
      return { code: 404, body: { error: `${request.method} ${url.pathname} is not served here` } };
  }
}

function verdict({ code, because }: Verdict): Answer {
  const body: MessageAnswer = { accepted: code === 202, because };
  return { code, body };
}

/** The answer is a PeerAnswer; the other agent's status is handed on as it came. */
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
    if (size > BODY_BYTES_MAX) throw new AgentError(`a body has at most ${BODY_BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}
