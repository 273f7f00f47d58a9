import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { POOL_CONNECTIONS } from "../constants.ts";
import { serveOrders } from "../driver.ts";
import type { Order, Sample } from "../driver-contract.ts";
import { Pace } from "../pace.ts";
import { openWindow } from "../window.ts";
import { ADD_STATEMENT, LIST_STATEMENT, LIST_VALUES, SESSION_OPTIONS } from "./statements.ts";

/** The floor of the /users rows: node-postgres with a pool, the API's statements, and nothing else. */
async function query({ task, warmup_ms, window_ms, watched }: Order): Promise<Sample> {
  if (task.kind !== "statements") throw new Error(`Bare pg was asked for ${task.kind}.`);
  const { newUsers } = task;
  const pool = new pg.Pool({
    connectionString: task.databaseUrl,
    max: POOL_CONNECTIONS,
    options: SESSION_OPTIONS,
  });
  const pace = new Pace(performance.now());
  let isOver = false;
  let next = 0;
  const list = () => pool.query({ ...LIST_STATEMENT, values: [...LIST_VALUES] });
  const add = (prefix: string) => {
    const username = `${prefix}-${next++}`;
    return pool.query({ ...ADD_STATEMENT, values: [username, `${username}@example.com`, null] });
  };
  const rowsExpected = newUsers === undefined ? LIST_VALUES[1] : 1;
  const work = async () => {
    while (!isOver) {
      const { rows } = await (newUsers === undefined ? list() : add(newUsers));
      if (rows.length !== rowsExpected) throw new Error(`A statement gave ${rows.length} rows, not ${rowsExpected}.`);
      pace.done(performance.now());
    }
  };
  const working = Promise.all(Array.from({ length: task.concurrency }, work));
  try {
    await Promise.race([delay(warmup_ms), working]);
    pace.open();
    const close = openWindow(watched);
    await Promise.race([delay(window_ms), working]);
    const cost = close();
    const inWindow = pace.close();
    isOver = true;
    await working;
    return { cost, ...inWindow, doneInAll: pace.doneInAll, unexpected: {}, latency: undefined, health_ms: [] };
  } finally {
    isOver = true;
    await pool.end();
  }
}

serveOrders(query);
