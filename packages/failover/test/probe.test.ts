import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { interpret } from "../src/probe/postgres-probe.ts";
import { handler } from "../src/probe/probe.ts";
import { createCertificate } from "./certificate.ts";
import { DatabaseHost } from "./database-host.ts";

const STATUS: AgentStatus = {
  instanceId: "i-a",
  role: "standby",
  epoch: null,
  fileSystem: "ok",
  ready: true,
  notReady: [],
};

let a: DatabaseHost;
let b: DatabaseHost;

beforeEach(async () => {
  const ports = { status: 0, postgres: 0 };
  a = await new DatabaseHost("127.0.2.1", ports, STATUS).up();
  b = await new DatabaseHost("127.0.2.2", ports, { ...STATUS, instanceId: "i-b" }).up();
  vi.stubEnv("STATUS_PORT", String(ports.status));
  vi.stubEnv("POSTGRES_PORT", String(ports.postgres));
  vi.stubEnv("PROBE_TIMEOUT_SECONDS", "5");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([a.down(), b.down()]);
});

const candidates = [
  { instanceId: "i-a", privateIp: "127.0.2.1" },
  { instanceId: "i-b", privateIp: "127.0.2.2" },
];

describe("the probe function", () => {
  test("F2: tells status and PostgreSQL of each candidate, without second opinions when all are reached", async () => {
    a.postgres = "accepting";
    b.postgres = "starting";
    expect(await handler({ candidates })).toEqual({
      results: [
        { instanceId: "i-a", agent: STATUS, postgres: "accepting" },
        { instanceId: "i-b", agent: { ...STATUS, instanceId: "i-b" }, postgres: "starting" },
      ],
      opinions: [],
    });
  });

  test("F2 A7: a PostgreSQL that takes sessions over TLS only is told apart alike, whoever signed its certificate", async () => {
    a.certificate = await createCertificate();
    b.certificate = a.certificate;
    a.postgres = "accepting";
    b.postgres = "starting";
    const { results } = await handler({ candidates });
    expect(results.map(({ postgres }) => postgres)).toEqual(["accepting", "starting"]);
  });

  test("F2: asks those it reached about those it did not", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    const { results, opinions } = await handler({ candidates });
    expect(results[0]).toMatchObject({ instanceId: "i-a", agent: undefined, postgres: "unreachable" });
    expect(results[0]?.because).toContain("ECONNREFUSED");
    expect(opinions).toEqual([{ by: "i-b", about: "i-a", reached: false }]);
    b.blindTo.clear();
    expect((await handler({ candidates })).opinions).toEqual([{ by: "i-b", about: "i-a", reached: true }]);
  });

  test("F2: asks about a silent agent while its own time runs; one that answers after all needs no second opinion", async () => {
    const asked = Promise.withResolvers<void>();
    a.silence = asked.promise;
    b.blindTo.add(a.ip);
    b.onPeer = asked.resolve;
    const { results, opinions } = await handler({ candidates });
    expect(results[0]).toMatchObject({ instanceId: "i-a", agent: STATUS });
    expect(opinions).toEqual([]);
  });

  test("F2: an agent that stays silent is missed, with the others' word on it", async () => {
    vi.stubEnv("PROBE_TIMEOUT_SECONDS", "1");
    a.silence = new Promise(() => undefined);
    b.blindTo.add(a.ip);
    const { results, opinions } = await handler({ candidates });
    expect(results[0]).toMatchObject({ instanceId: "i-a", agent: undefined });
    expect(opinions).toEqual([{ by: "i-b", about: "i-a", reached: false }]);
  });

  test("F2: an address that another instance has by now is not the instance", async () => {
    a.status = { ...STATUS, instanceId: "i-new" };
    const { results, opinions } = await handler({ candidates });
    expect(results[0]).toMatchObject({ instanceId: "i-a", agent: undefined });
    expect(results[0]?.because).toContain("127.0.2.1 is answered by i-new");
    expect(opinions).toEqual([{ by: "i-b", about: "i-a", reached: true }]);
  });

  test("F2: an agent that answers nonsense counts as not reached", async () => {
    a.status = { instanceId: "i-a" } as AgentStatus;
    const { results } = await handler({ candidates });
    expect(results[0]?.agent).toBeUndefined();
    expect(results[0]?.because).toContain("answered something else than a status");
  });

  test("D4: delivers a grant to its target and tells the answer", async () => {
    const grant = { epoch: 1, deadHolder: "i-x", successor: "i-b", mac: "aa", targetIp: "127.0.2.2" };
    expect((await handler({ candidates: [], grant })).grant).toEqual({ code: 202, because: "epoch may be made" });
    expect(b.grants).toEqual([{ epoch: 1, deadHolder: "i-x", successor: "i-b", mac: "aa" }]);
    await b.down();
    expect((await handler({ candidates: [], grant })).grant?.code).toBe(0);
  });

  test.each([
    ["R\0\0\0\x17", "accepting"],
    ["E\0\0\0\x20C57P03\0\0", undefined],
    ["E\0\0\0\x0cC57P03\0\0", "starting"],
    ["E\0\0\0\x0cC28000\0\0", "accepting"],
    ["HTTP/1.1 400", "unreachable"],
    ["R", undefined],
  ])("F2: PostgreSQL's first message %j means %s", (bytes, answer) => {
    expect(interpret(Buffer.from(bytes, "latin1"))).toBe(answer);
  });
});
