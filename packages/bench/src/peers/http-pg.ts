import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import pg from "pg";
import { PAGE_ROWS, POOL_CONNECTIONS } from "../constants.ts";
import { ADD_STATEMENT, LIST_STATEMENT, LIST_VALUES } from "./statements.ts";

/**
 * The /users routes with the API's statements on `node:http` and `pg`, and nothing in between: no router, no validation, no
 * limits, no log, no time-outs. What a service costs that keeps no promise at all.
 */
const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: POOL_CONNECTIONS });

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    send(response, 500, { message: "internal error" });
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === "/healthz") return send(response, 200, { status: "ok" });
  if (request.method === "POST") {
    const { username, email } = JSON.parse(await bodyOf(request));
    await pool.query({ ...ADD_STATEMENT, values: [username, email, null] });
    return send(response, 201, { message: `user [${username}] added successfully` });
  }
  const { rows } = await pool.query<{ id: string; username: string; email: string }>({
    ...LIST_STATEMENT,
    values: [...LIST_VALUES],
  });
  const page = rows.slice(0, PAGE_ROWS).map(({ id, username, email }) => ({ email, id: Number(id), username }));
  send(response, 200, page);
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => resolve(text));
    request.on("error", reject);
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

server.listen(Number(process.env["PORT"]), "127.0.0.1");
