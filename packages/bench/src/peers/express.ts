import { hostname } from "node:os";
import express, { type ErrorRequestHandler } from "express";
import pg from "pg";
import { LOAD_NUMBER, PAGE_ROWS } from "../constants.ts";
import { isPrime } from "./prime.ts";

/** The same routes as most people would write them with Express 5 and node-postgres. */
const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"] });
const instance = hostname();
const app = express();
app.use(express.json());

app.get("/", (_request, response) => {
  response.json({ hostname: instance });
});

app.get("/healthz", (_request, response) => {
  response.json({ status: "ok" });
});

app.get("/users", async (_request, response) => {
  const { rows } = await pool.query<{ id: string; username: string; email: string }>(
    "SELECT id, username, email FROM users ORDER BY id LIMIT $1",
    [PAGE_ROWS],
  );
  response.json(rows.map(({ id, username, email }) => ({ email, id: Number(id), username })));
});

app.post("/users", async (request, response) => {
  const { username, email } = request.body ?? {};
  if (typeof username !== "string" || typeof email !== "string" || !email.includes("@")) {
    response.status(400).json({ message: "username and email are required" });
    return;
  }
  try {
    await pool.query("INSERT INTO users (username, email) VALUES ($1, $2)", [username, email]);
    response.status(201).json({ message: `user [${username}] added successfully` });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === "23505")) throw error;
    response.status(409).json({ message: "username or email already taken" });
  }
});

app.get("/load", (request, response) => {
  const number = Number(request.query["number"] ?? LOAD_NUMBER);
  const start_ms = performance.now();
  const prime = isPrime(number);
  response.json({ isPrime: prime, number, processingTime: (performance.now() - start_ms) / 1000 });
});

const onError: ErrorRequestHandler = (error, _request, response, _next) => {
  console.error(error);
  response.status(500).json({ message: "internal error" });
};
app.use(onError);

app.listen(Number(process.env["PORT"]), "127.0.0.1");
