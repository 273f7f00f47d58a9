import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { largeRequest, requestBytes, writeThenRead } from "./raw-client.ts";
import { startService, untilReady } from "./service.ts";

const GARBAGE = "\u0000\u0001garbage\r\n\r\n";
const BROKEN_CHUNK =
  "POST /users HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n";
const BAD_HEADER = "GET / HTTP/1.1\r\nhost: a\r\nbad header: x\r\n\r\n";

function addUser(username: string, headers = {}): Buffer {
  const body = JSON.stringify({ username, email: `${username}@example.com` });
  const length = String(Buffer.byteLength(body));
  return requestBytes(
    "POST /users",
    { "content-type": "application/json", "content-length": length, ...headers },
    body,
  );
}

describe("what follows on a connection", () => {
  let postgres: PostgresServer;
  let url: string;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(async () => {
    const app = await startService({ DATABASE_URL: postgres.url }, { linger_ms: 300 });
    await untilReady(app);
    await postgres.sql("TRUNCATE users RESTART IDENTITY");
    url = await app.listen({ host: "127.0.0.1", port: 0 });
  });

  const names = async () =>
    (await postgres.sql<{ username: string }>("SELECT username FROM users ORDER BY username")).map(
      (row) => row.username,
    );

  test.each([
    ["garbage", GARBAGE],
    ["a lot of garbage", GARBAGE.repeat(100_000)],
    ["a chunk without a size", BROKEN_CHUNK],
    ["a header that is none", BAD_HEADER],
  ])("A2: a stored user is acknowledged before the 400 of %s", async (_what, garbage) => {
    for (let n = 0; n < 3; n += 1) {
      const together = await writeThenRead(url, [Buffer.concat([addUser(`a${n}`), Buffer.from(garbage)])]);
      expect([together.statuses, together.over]).toEqual([[201, 400], "end"]);
      const apart = await writeThenRead(url, [addUser(`b${n}`), garbage], { pause_ms: 1 });
      expect([apart.statuses, apart.over]).toEqual([[201, 400], "end"]);
    }
    expect((await names()).length).toBe(6);
  });

  test("A2: of pipelined requests each is answered in order before the 400 of what follows", async () => {
    const sent = [addUser("a"), requestBytes("GET /load?number=7", {}), addUser("b"), addUser("a"), addUser("c")];
    const answer = await writeThenRead(url, [Buffer.concat([...sent, Buffer.from(GARBAGE), addUser("d")])]);
    expect([answer.statuses, answer.over]).toEqual([[201, 200, 201, 409, 201, 400], "end"]);
    expect(await names()).toEqual(["a", "b", "c"]);
  });

  test("A2: a client that ends its side after a user, or after garbage, gets its answers", async () => {
    const plain = await writeThenRead(url, [addUser("a")], { isEnded: true });
    expect([plain.statuses, plain.over]).toEqual([[201], "end"]);
    const garbage = await writeThenRead(url, [Buffer.concat([addUser("b"), Buffer.from(GARBAGE)])], { isEnded: true });
    expect([garbage.statuses, garbage.over]).toEqual([[201, 400], "end"]);
    expect(await names()).toEqual(["a", "b"]);
  });

  test("A2: after `Connection: close` nothing is carried out, and no garbage answered", async () => {
    const last = addUser("a", { connection: "close" });
    const answer = await writeThenRead(url, [last, addUser("b")], { pause_ms: 300 });
    expect([answer.statuses, answer.over]).toEqual([[201], "end"]);
    const large = largeRequest("POST /users", 17_000, "chunked", { connection: "close" });
    for (const before of [requestBytes("GET /healthz", { connection: "close" }), large]) {
      expect((await writeThenRead(url, [Buffer.concat([before, addUser("b")])])).statuses.length).toBe(1);
    }
    const garbage = await writeThenRead(url, [addUser("c", { connection: "close" }), GARBAGE], { pause_ms: 100 });
    expect([garbage.statuses, garbage.over]).toEqual([[201], "end"]);
    expect(await names()).toEqual(["a", "c"]);
  });
});
