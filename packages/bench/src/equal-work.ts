import { LOAD_NUMBER } from "./constants.ts";
import { ADD_STATEMENT, isSameStatement, LIST_STATEMENT } from "./peers/statements.ts";
import { PEER_NAMES, type Row } from "./rows.ts";
import { shapeOf } from "./shape.ts";
import { type Server, type Stage, serverOf } from "./stage.ts";

/** The servers of a row must give the same kind of answer; throws an error that shows what differs. */
export async function assertEqualAnswers(
  stage: Stage,
  rows: readonly Row[],
  moment: "before" | "after",
): Promise<void> {
  for (const row of rows) {
    let first: string | undefined;
    for (const peer of row.peers) {
      const server = serverOf(stage, row, peer);
      if (server === undefined) continue;
      const answer = await ask(server, row, `${moment}-${row.key}-${peer}`);
      first ??= answer;
      if (answer !== first) {
        throw new Error(`${row.title}: ${PEER_NAMES[peer]} answers ${answer}, but Cloudy answers ${first}.`);
      }
    }
  }
}

/** What the API sends to PostgreSQL must be what the floor sends. */
export async function assertEqualStatements(stage: Stage): Promise<void> {
  const { cloudy } = stage.servers.one;
  await (await fetch(`${cloudy.url}/users`)).text();
  await assertSent(stage, LIST_STATEMENT.text);
  await (await post(cloudy, "statement")).text();
  await assertSent(stage, ADD_STATEMENT.text);
}

/** PostgreSQL knows the last statement of each connection. */
async function assertSent(stage: Stage, statement: string): Promise<void> {
  const sent = await stage.postgres.sql<{ query: string }>(
    "SELECT query FROM pg_stat_activity WHERE application_name = 'cloudy-api'",
  );
  if (sent.some(({ query }) => isSameStatement(query, statement))) return;
  const queries = sent.map(({ query }) => `  ${query}`).join("\n");
  throw new Error(
    `The API does not send what the floor sends: bring src/peers/statements.ts up to date.\nFloor:\n  ${statement}\nAPI:\n${queries}`,
  );
}

async function ask(server: Server, row: Row, name: string): Promise<string> {
  const response = row.method === "POST" ? await post(server, name) : await fetch(`${server.url}${row.path}`);
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
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: name, email: `${name}@example.com` }),
  });
}
