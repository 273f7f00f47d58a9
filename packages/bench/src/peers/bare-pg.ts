import pg from "pg";
import { closedLoop } from "../closed-loop.ts";
import { POOL_CONNECTIONS } from "../constants.ts";
import { serveOrders } from "../driver.ts";
import type { Order, Sample } from "../driver-contract.ts";
import { ADD_STATEMENT, LIST_STATEMENT, LIST_VALUES } from "./statements.ts";

/** The floor of the /users rows: node-postgres with a pool, the API's statements, and nothing else. */
async function query(order: Order): Promise<Sample> {
  const { task } = order;
  if (task.kind !== "statements") throw new Error(`Bare pg was asked for ${task.kind}.`);
  const { newUsers } = task;
  const pool = new pg.Pool({ connectionString: task.databaseUrl, max: POOL_CONNECTIONS });
  let next = 0;
  const list = () => pool.query({ ...LIST_STATEMENT, values: [...LIST_VALUES] });
  const add = (prefix: string) => {
    const username = `${prefix}-${next++}`;
    return pool.query({ ...ADD_STATEMENT, values: [username, `${username}@example.com`, null] });
  };
  const rowsExpected = newUsers === undefined ? LIST_VALUES[1] : 1;
  const work = async () => {
    const { rows } = await (newUsers === undefined ? list() : add(newUsers));
    if (rows.length !== rowsExpected) throw new Error(`A statement gave ${rows.length} rows, not ${rowsExpected}.`);
  };
  try {
    return await closedLoop(order, new Array(task.concurrency).fill(work));
  } finally {
    await pool.end();
  }
}

serveOrders(query);
