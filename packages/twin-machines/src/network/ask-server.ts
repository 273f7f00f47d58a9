import { rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { ConnectError, type Fabric } from "./fabric.ts";
import type { Origin } from "./resolve.ts";
import { issueTicket, splice } from "./ticket.ts";

interface Question {
  readonly host: string;
  readonly port: number;
  /** Whether the asking process runs in cloud time. */
  readonly isTimeScaled: boolean;
}

/** Takes over connections to 169.254.169.254. */
export type ServeMetadata = (socket: Socket, isTimeScaled: boolean) => void;

/** sun_path of unix sockets, with its terminating zero. */
const SOCKET_PATH_BYTES_MAX = 107;

/** Answers the preloaded processes of one machine or function; returns what ends it. */
export async function answerProcesses(
  fabric: Fabric,
  path: string,
  origin: Origin,
  serveMetadata?: ServeMetadata,
): Promise<() => void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(`The path "${path}" is too long for a unix socket; run the twin with a shorter TMPDIR.`);
  }
  const asks = new Set<Socket>();
  const server = createServer((ask) => {
    asks.add(ask);
    ask.once("close", () => asks.delete(ask));
    answer(fabric, origin, ask, serveMetadata);
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
  // The units' unprivileged users ask here too.
  await chmod(path, 0o777);
  return () => {
    server.close();
    for (const ask of asks) ask.destroy();
  };
}

function answer(fabric: Fabric, origin: Origin, ask: Socket, serveMetadata: ServeMetadata | undefined): void {
  const abort = new AbortController();
  ask.setEncoding("utf8");
  // The process gave up or died before the answer: the error says no more than the close.
  ask.on("error", () => {});
  ask.once("close", () => abort.abort());
  let text = "";
  ask.on("data", (chunk: string) => {
    text += chunk;
    if (!text.endsWith("\n")) return;
    const question = JSON.parse(text) as Question;
    prepare(fabric, origin, question, abort.signal, serveMetadata).then(
      (ticket) => ask.end(`${JSON.stringify(ticket)}\n`),
      (error: unknown) => {
        const code = error instanceof ConnectError ? error.code : "EHOSTUNREACH";
        ask.end(`${JSON.stringify({ error: code })}\n`);
      },
    );
  });
}

async function prepare(
  fabric: Fabric,
  origin: Origin,
  question: Question,
  signal: AbortSignal,
  serveMetadata: ServeMetadata | undefined,
) {
  const gateway = fabric.gateway;
  if (serveMetadata !== undefined && fabric.resolve(origin, question.host, question.port).kind === "metadata") {
    return issueTicket(
      gateway,
      (socket) => serveMetadata(socket, question.isTimeScaled),
      () => {},
    );
  }
  // The far end first: a refusal must reach the client as a refusal.
  const upstream = await fabric.connect(origin, question.host, question.port, signal);
  return issueTicket(
    gateway,
    (client) => {
      if (upstream.destroyed) client.resetAndDestroy();
      else splice(client, upstream);
    },
    () => upstream.destroy(),
  );
}
