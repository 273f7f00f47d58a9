import { LOAD_NUMBER, PATIENCE_MS } from "./constants.ts";
import type { Part } from "./part.ts";
import { ADD_STATEMENT, isSameStatement, LIST_STATEMENT } from "./peers/statements.ts";
import { PEER_NAMES, type Peer, type Row } from "./rows.ts";
import type { Server } from "./server.ts";
import { shapeOf } from "./shape.ts";
import { healServer, type Stage, serverOf } from "./stage.ts";
import { isGivenUp, type VoidWindow, voidWindow } from "./voids.ts";

/** The servers of a row must give the same kind of answer; throws an error that shows what differs. */
export async function assertEqualAnswers(stage: Stage, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    for (const peer of row.peers) await assertEqualAnswer(stage, row, peer, "before");
  }
}

/** The same after the rounds, when everything else is known: whose answers differ then is named, and the others stand. */
export async function differencesOf(
  stage: Stage,
  rows: readonly Row[],
  givenUp: readonly VoidWindow[],
  signal: AbortSignal,
): Promise<readonly VoidWindow[]> {
  const differences: VoidWindow[] = [];
  for (const row of rows) {
    for (const peer of row.peers.filter((candidate) => !isGivenUp(givenUp, { row, peer: candidate }))) {
      try {
        // One that has died since its last window is no different for that.
        await healServer(stage, row, "cloudy");
        await healServer(stage, row, peer);
        await assertEqualAnswer(stage, row, peer, "after");
      } catch (error) {
        signal.throwIfAborted();
        differences.push(voidWindow({ row, peer, round: "after" }, error));
      }
    }
  }
  return differences;
}

async function assertEqualAnswer(stage: Stage, row: Row, peer: Peer, moment: "before" | "after"): Promise<void> {
  const [server, ours] = [serverOf(stage, row, peer), serverOf(stage, row, "cloudy")];
  if (server === undefined || ours === undefined) return;
  const ask = (asked: Part<Server>, name: string) =>
    answerTo(asked.current, row, `${moment}-${row.key}-${peer}-${name}`);
  const [answer, wanted] = [await ask(server, "theirs"), await ask(ours, "ours")];
  if (answer === wanted) return;
  throw new Error(`${row.title}: ${PEER_NAMES[peer]} answers ${answer}, but Cloudy answers ${wanted}.`);
}

/** What the API sends to PostgreSQL must be what the floor sends. */
export async function assertEqualStatements(stage: Stage): Promise<void> {
  const cloudy = stage.servers.one.cloudy?.current;
  if (cloudy === undefined) throw new Error("Cloudy's API is not on the stage.");
  await (await fetch(`${cloudy.url}/users`, inTime())).text();
  await assertSent(stage, LIST_STATEMENT.text);
  await (await post(cloudy, "statement")).text();
  await assertSent(stage, ADD_STATEMENT.text);
}

/** PostgreSQL knows the last statement of each connection. */
async function assertSent(stage: Stage, statement: string): Promise<void> {
  const sent = await stage.postgres.current.sql<{ query: string }>(
    "SELECT query FROM pg_stat_activity WHERE application_name = 'cloudy-api'",
  );
  if (sent.some(({ query }) => isSameStatement(query, statement))) return;
  const queries = sent.map(({ query }) => `  ${query}`).join("\n");
  throw new Error(
    `The API does not send what the floor sends: bring src/peers/statements.ts up to date.\nFloor:\n  ${statement}\nAPI:\n${queries}`,
  );
}

async function answerTo(server: Server, row: Row, name: string): Promise<string> {
  const response = row.method === "POST" ? await post(server, name) : await fetch(`${server.url}${row.path}`, inTime());
  const body: unknown = await response.json();
  const isWrong = row.path === "/load" && !isLoadResult(body);
  return `${response.status} ${shapeOf(body)}${isWrong ? " (a wrong result)" : ""}`;
}

function isLoadResult(body: unknown): boolean {
  const { isPrime, number } = Object(body);
  return isPrime === true && number === LOAD_NUMBER;
}

function post(server: Server, name: string): Promise<Response> {
  return fetch(`${server.url}/users`, {
    ...inTime(),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: name, email: `${name}@example.com` }),
  });
}

function inTime(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) };
}
