import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { requestBytes, writeThenRead } from "./raw-client.ts";
import { startService, untilReady } from "./service.ts";

describe("text", () => {
  let postgres: PostgresServer;
  let app: FastifyInstance;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(async () => {
    app = await startService({ DATABASE_URL: postgres.url });
    await untilReady(app);
    await postgres.sql("TRUNCATE users RESTART IDENTITY");
  });

  const send = (payload: Buffer, contentType = "application/json") =>
    app.inject({ method: "POST", url: "/users", headers: { "content-type": contentType }, payload });
  const names = async () =>
    (await postgres.sql<{ username: string }>("SELECT username FROM users ORDER BY id")).map((row) => row.username);
  const user = (username: string, email = "a@example.com") => JSON.stringify({ username, email });
  const bytes = (before: string, ...middle: number[]) =>
    Buffer.concat([
      Buffer.from(`{"email":"a@example.com","username":"${before}`),
      Buffer.from(middle),
      Buffer.from('"}'),
    ]);

  const NO_UTF8 = [
    ["Jos\\xe9 of latin-1", bytes("Jos", 0xe9)],
    ["Jos\\xe8 of latin-1", bytes("Jos", 0xe8)],
    ["a character cut short", bytes("a", 0xf0, 0x9f, 0x99)],
    ["an overlong slash", bytes("a", 0xc0, 0xaf)],
    ["a surrogate in bytes", bytes("a", 0xed, 0xa0, 0x80)],
    ["beyond U+10FFFF", bytes("a", 0xf4, 0x90, 0x80, 0x80)],
    ["an invalid byte outside of any value", Buffer.from([...Buffer.from(user("a")), 0xff])],
    ["a byte order mark", Buffer.from(`\ufeff${user("a")}`)],
    ["UTF-16, little-endian", Buffer.from(user("a"), "utf16le")],
    ["UTF-16 with its mark", Buffer.from(`\ufeff${user("a")}`, "utf16le")],
    ["UTF-16, big-endian", Buffer.from(user("a"), "utf16le").swap16()],
  ] as const;

  test("A2: a body that is not UTF-8 is refused with 400, and said to be none", async () => {
    for (const [what, payload] of NO_UTF8) {
      const response = await send(payload);
      expect([what, response.statusCode]).toEqual([what, 400]);
      expect(response.headers["content-type"]).toMatch(/^application\/problem\+json\b/);
      expect(response.json().detail).toMatch(/UTF-8|byte order mark/);
      expect(response.json().errors).toEqual([{ path: "", message: response.json().detail }]);
    }
    expect(await names()).toEqual([]);
  });

  const OTHER_CHARSETS = [
    "application/json; charset=latin1",
    "application/json; charset=ISO-8859-1",
    'application/json; charset="windows-1252"',
    "application/json;charset=utf-16",
    "application/json; charset=UTF-16LE",
    "application/json; charset=utf-32",
    "application/json; charset=us-ascii",
    "application/json; charset=",
    "application/json; charset=utf-8; charset=latin1",
    "application/json; charset=latin1; charset=utf-8",
    "application/json; charset = latin1",
    "application/json; charset=utf-8x",
    "application/json; CHARSET=latin1",
    "application/json; x=y; charset=latin1",
  ];

  test("A2: another charset is refused with 415, though the bytes may be UTF-8", async () => {
    for (const contentType of OTHER_CHARSETS) {
      const response = await send(Buffer.from(user("José")), contentType);
      expect([contentType, response.statusCode]).toEqual([contentType, 415]);
      expect(response.json()).toMatchObject({ status: 415, detail: expect.stringMatching(/UTF-8/) });
    }
    expect(await names()).toEqual([]);
  });

  const UTF8 = [
    "application/json",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    'application/json; charset="utf-8"',
    'application/json ; CharSet="Utf-8"',
    "application/json; charset=utf-8 ; x=y",
    "Application/JSON; x=y",
    "application/json; charset=utf8",
  ];

  test("A2: no charset is UTF-8, and so it is in any case and quotes", async () => {
    for (const [n, contentType] of UTF8.entries()) {
      const response = await send(Buffer.from(user(`José \ufffd 🙂 ${n}`, `${n}@example.com`)), contentType);
      expect([contentType, response.statusCode]).toEqual([contentType, 201]);
    }
    expect(await names()).toEqual(UTF8.map((_contentType, n) => `José \ufffd 🙂 ${n}`));
  });

  test.each([
    ["half a pair", '"a\\ud800"', "/username"],
    ["the other half", '"\\udc00a"', "/username"],
    ["halves in the wrong order", '"\\udc00\\ud800"', "/username"],
    ["NUL", '"a\\u0000b"', "/username"],
  ])("A2: an escape that is %s is refused with 400, in names as in emails", async (_what, text, path) => {
    const inName = await send(Buffer.from(`{"username":${text},"email":"a@example.com"}`));
    expect([inName.statusCode, inName.json().errors[0].path]).toEqual([400, path]);
    const inEmail = await send(Buffer.from(`{"username":"a","email":${text.replace(/"$/, '@example.com"')}}`));
    expect([inEmail.statusCode, inEmail.json().errors[0].path]).toEqual([400, "/email"]);
    expect(await names()).toEqual([]);
  });

  test("A2: an escaped pair is the character itself", async () => {
    expect((await send(Buffer.from('{"username":"\\ud83d\\ude42","email":"a@example.com"}'))).statusCode).toBe(201);
    expect((await send(Buffer.from(user("🙂", "b@example.com")))).statusCode).toBe(409);
  });

  test("A2: names are compared character by character: two spellings that look the same are two, and stay as they are", async () => {
    const spellings = ["\u00e9", "e\u0301", "\u212b", "\u00c5", "\u0430", "a"];
    for (const [n, name] of spellings.entries()) {
      expect((await send(Buffer.from(user(name, `${n}@example.com`)))).statusCode).toBe(201);
    }
    expect(await names()).toEqual(spellings);
    expect((await send(Buffer.from(user("e\u0301", "x@example.com")))).statusCode).toBe(409);
  });

  test("A2: a key or a query that is no ASCII is refused, and so is stored nowhere", async () => {
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const body = user("a");
    const key = (value: Buffer) =>
      Buffer.concat([
        Buffer.from("POST /users HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nidempotency-key: k"),
        value,
        Buffer.from(`\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
      ]);
    for (const value of [Buffer.from([0xe9]), Buffer.from("é"), Buffer.from([0xff, 0xfe])]) {
      expect((await writeThenRead(url, [key(value)], { answers: 1 })).statuses).toEqual([400]);
    }
    const raw = Buffer.concat([
      Buffer.from("GET /users?after="),
      Buffer.from([0xe9]),
      Buffer.from(" HTTP/1.1\r\nhost: a\r\n\r\n"),
    ]);
    expect((await writeThenRead(url, [raw], { answers: 1 })).statuses).toEqual([400]);
    for (const query of ["after=%ff", "after=%e9", "%ff=1", "limit=%ed%a0%80", "after=%EF%BF%BD", "limit=%"]) {
      const sent = requestBytes(`GET /users?${query}`, {});
      expect([query, (await writeThenRead(url, [sent], { answers: 1 })).statuses]).toEqual([query, [400]]);
    }
    expect(await names()).toEqual([]);
  });
});
