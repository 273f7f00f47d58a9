import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

const DEMO = { username: "demo", email: "demo@example.com" };

describe("users", () => {
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

  const count = async () => (await postgres.sql<{ n: number }>("SELECT count(*)::int AS n FROM users"))[0]?.n;

  test("A2: a new user is added with 201 and the message of the reference", async () => {
    const response = await post(app, DEMO);
    expect(response.statusCode).toBe(201);
    expect(response.json()).toEqual({ message: "user [demo] added successfully" });
    expect(await postgres.sql("SELECT username, email FROM users")).toEqual([DEMO]);
  });

  test.each([
    ["username", { ...DEMO, email: "other@example.com" }],
    ["email", { ...DEMO, username: "other" }],
    ["email in another case of its domain", { username: "other", email: "demo@EXAMPLE.com" }],
  ])("A2: a taken %s is refused with 409 as a problem document", async (_field, user) => {
    await post(app, DEMO);
    const response = await post(app, user);
    expect(response.statusCode).toBe(409);
    expect(response.headers["content-type"]).toMatch(/^application\/problem\+json\b/);
    expect(response.json()).toEqual({
      type: "about:blank",
      title: "Conflict",
      status: 409,
      detail: "username or email already taken",
      message: "username or email already taken",
    });
    expect(await count()).toBe(1);
  });

  test("A2: of many requests for one name at the same time exactly one succeeds", async () => {
    const responses = await Promise.all(Array.from({ length: 30 }, () => post(app, DEMO)));
    const codes = responses.map((response) => response.statusCode).sort();
    expect(codes).toEqual([201, ...Array(29).fill(409)]);
    expect(await count()).toBe(1);
  });

  test.each([
    ["no username", { email: "a@example.com" }, "/username", "is missing"],
    ["no email", { username: "a" }, "/email", "is missing"],
    ["an empty username", { ...DEMO, username: "" }, "/username", "must NOT have fewer than 1 characters"],
    ["81 characters", { ...DEMO, username: "x".repeat(81) }, "/username", "must NOT have more than 80 characters"],
    ["a NUL in the name", { ...DEMO, username: "a\u0000b" }, "/username", "must not contain control characters"],
    ["half a character", { ...DEMO, username: "a\ud800" }, "/username", "must not contain half a character"],
    ["a blank name", { ...DEMO, username: "   " }, "/username", "must not begin or end with a space"],
    ["a name with a space behind", { ...DEMO, username: "demo " }, "/username", "must not begin or end with a space"],
    ["a number as name", { ...DEMO, username: 5 }, "/username", "must be string"],
    ["a line break in the name", { ...DEMO, username: "a\nb" }, "/username", "must not contain control characters"],
    ["an empty email", { ...DEMO, email: "" }, "/email", "must NOT have fewer than 1 characters"],
    [
      "a control character in the email",
      { ...DEMO, email: "a\u0001@example.com" },
      "/email",
      "must be an email address",
    ],
    ["no address", { ...DEMO, email: "demo" }, "/email", "must be an email address such as name@example.com"],
    ["121 characters", { ...DEMO, email: `${"x".repeat(109)}@example.com` }, "/email", "must NOT have more than 120"],
    ["an unknown field", { ...DEMO, admin: true }, "/admin", "is not known"],
    ["a list", [DEMO], "", "must be object"],
    ["null", null, "", "must be object"],
  ])("A2: %s is refused with 400 and what is wrong", async (_case, body, path, message) => {
    const response = await post(app, body);
    expect(response.statusCode).toBe(400);
    const problem = response.json();
    expect(problem).toMatchObject({ title: "Bad Request", status: 400 });
    expect(problem.errors).toContainEqual({ path, message: expect.stringContaining(message) });
    expect(problem.detail).toContain(message);
    expect(problem.detail).not.toContain("pattern");
    expect(await count()).toBe(0);
  });

  test("A2: 80 characters of any script come back unchanged", async () => {
    const user = { username: "🙂".repeat(80), email: `${"x".repeat(64)}@${"y".repeat(51)}.com` };
    expect((await post(app, user)).statusCode).toBe(201);
    expect((await app.inject("/users")).json()).toEqual([{ ...user, id: 1 }]);
  });

  test.each([
    ["text that is not JSON", "{nope", 400, {}],
    ["nothing", "", 400, {}],
    ["a body above 16 KB", JSON.stringify({ ...DEMO, username: "x".repeat(16_384) }), 413, {}],
    ["another media type", "username=demo", 415, { "content-type": "application/x-www-form-urlencoded" }],
    ["plain text", "demo", 415, { "content-type": "text/plain" }],
  ])("A2: %s is refused", async (_case, body, status, headers) => {
    const response = await post(app, body, headers);
    expect(response.statusCode).toBe(status);
    expect(response.headers["content-type"]).toMatch(/^application\/problem\+json\b/);
    expect(response.json()).toMatchObject({ status, detail: expect.stringMatching(/\w/) });
  });

  test("A2: the same request with the same Idempotency-Key is carried out once and answered 201 again", async () => {
    const headers = { "idempotency-key": "0b9a7c1e" };
    for (const _attempt of [1, 2]) expect((await post(app, DEMO, headers)).statusCode).toBe(201);
    expect(await count()).toBe(1);
    expect((await post(app, DEMO)).statusCode).toBe(409);
    expect((await post(app, DEMO, { "idempotency-key": "another" })).statusCode).toBe(409);
    const reused = await post(app, { username: "other", email: "other@example.com" }, headers);
    expect(reused.statusCode).toBe(422);
    expect(await count()).toBe(1);
    const spaced = await post(app, DEMO, { "idempotency-key": "with space" });
    expect([spaced.statusCode, spaced.json().errors]).toEqual([
      400,
      [{ path: "/idempotency-key", message: "must be printable ASCII without spaces" }],
    ]);
  });

  test("A2: the part before the @ is another person's in another case, and comes back as it was given", async () => {
    const user = { username: "other", email: "Demo@Example.com" };
    expect([(await post(app, DEMO)).statusCode, (await post(app, user)).statusCode]).toEqual([201, 201]);
    expect((await app.inject("/users?after=1")).json()).toEqual([expect.objectContaining(user)]);
  });

  test("A2: an Idempotency-Key used many times at once adds one user, and tells other bodies apart", async () => {
    const headers = { "idempotency-key": "at-once" };
    const other = { username: "other", email: "other@example.com" };
    const same = await Promise.all(Array.from({ length: 20 }, () => post(app, DEMO, headers)));
    expect(new Set(same.map((response) => response.statusCode))).toEqual(new Set([201]));
    const key = { "idempotency-key": "mixed" };
    const bodies = [other, { ...other, email: "third@example.com" }];
    const mixed = await Promise.all(bodies.map((body) => post(app, body, key)));
    expect(mixed.map((response) => response.statusCode).sort()).toEqual([201, 422]);
    expect(await count()).toBe(2);
  });

  test("A2: a request that was refused leaves its Idempotency-Key unused", async () => {
    await post(app, DEMO);
    const headers = { "idempotency-key": "refused-first" };
    expect((await post(app, { ...DEMO, email: "x@example.com" }, headers)).statusCode).toBe(409);
    expect((await post(app, { username: "x", email: "x@example.com" }, headers)).statusCode).toBe(201);
  });

  test("A3: an empty table is an empty list", async () => {
    const response = await app.inject("/users");
    expect([response.statusCode, response.body, response.headers.link]).toEqual([200, "[]", undefined]);
  });

  test("A3: following the Link header gives every user once, in order", async () => {
    await postgres.sql(
      "INSERT INTO users (username, email) SELECT 'u' || n, n || '@example.com' FROM generate_series(1, 25) n",
    );
    const seen: number[] = [];
    let url: string | undefined = "/users?limit=10";
    while (url !== undefined) {
      const page: LightMyRequestResponse = await app.inject(url);
      expect(page.statusCode).toBe(200);
      seen.push(...page.json<{ id: number }[]>().map((user) => user.id));
      url = /^<(.+)>; rel="next"$/.exec(String(page.headers.link ?? ""))?.[1];
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    const [first] = (await app.inject("/users?limit=1")).json();
    expect(Object.keys(first)).toEqual(["email", "id", "username"]);
  });

  test.each(["limit=0", "limit=1001", "limit=x", "after=-1", "after=1.5", "limit=1&limit=2", "page=2"])(
    "A3: %s is refused with 400",
    async (query) => {
      expect((await app.inject(`/users?${query}`)).statusCode).toBe(400);
    },
  );

  test("A5: the columns are those of the reference", async () => {
    const columns = await postgres.sql(
      `SELECT column_name, character_maximum_length AS length, is_nullable FROM information_schema.columns
       WHERE table_name = 'users' AND column_name IN ('id', 'username', 'email') ORDER BY ordinal_position`,
    );
    expect(columns).toEqual([
      { column_name: "id", length: null, is_nullable: "NO" },
      { column_name: "username", length: 80, is_nullable: "NO" },
      { column_name: "email", length: 120, is_nullable: "NO" },
    ]);
  });
});
