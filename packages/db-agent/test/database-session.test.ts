import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { START_SILENCE_MS, UNRESPONSIVE_MS } from "../src/constants.ts";
import { DatabaseSession } from "../src/postgres/database-session.ts";

afterEach(() => vi.useRealTimers());

/** `FATAL 57P03`, as a server in recovery answers. */
function startingUp(): Buffer {
  const fields = Buffer.from("SFATAL\0C57P03\0Mthe database system is starting up\0\0");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

test.each([
  { what: "says once that it starts and then nothing more", answers: 1, silence_ms: UNRESPONSIVE_MS },
  { what: "never says anything", answers: 0, silence_ms: START_SILENCE_MS },
])("D4: a postgres that $what is hung after its time", async ({ answers, silence_ms }) => {
  const directory = mkdtempSync(join(tmpdir(), "cl-"));
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    if (connections <= answers) socket.once("data", () => socket.end(startingUp()));
  });
  server.listen(join(directory, ".s.PGSQL.5432"));
  await once(server, "listening");
  vi.useFakeTimers({ toFake: ["performance", "Date"] });
  // Somebody sets the clock back: that changes nothing.
  vi.setSystemTime(Date.now() - 3_600_000);
  const ending = new AbortController();
  const hung = Promise.withResolvers<void>();
  let isHung = false;
  const onHung = () => {
    isHung = true;
    hung.resolve();
  };
  const session = new DatabaseSession(directory, 5432, {
    onAccepting: () => undefined,
    onStable: () => undefined,
    onHung,
  });
  session.begin();
  const running = session.run(ending.signal);
  await vi.waitUntil(() => connections > answers, { timeout: 30_000 });
  expect(isHung).toBe(false);
  vi.advanceTimersByTime(silence_ms + 1);
  await hung.promise;
  ending.abort();
  await running;
  server.close();
  rmSync(directory, { recursive: true });
});
