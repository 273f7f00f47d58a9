import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CloudWatchClient, DescribeAlarmsCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeRouteTablesCommand, EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { LambdaClient, PutFunctionConcurrencyCommand } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { parseFailoverLine } from "@cloudy/contracts/failover-log.ts";
import { FAILOVER_METRICS, STACK_HOST_METRICS } from "@cloudy/contracts/metrics.ts";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { postgresAddress, processesOf, type RunningTwin, runTwin, startTwin } from "./running-twin.ts";

/** The demo's own speed: faster, and a machine that runs other tests besides no longer keeps the declared timeouts. */
const SPEED = 10;

const EMAIL = "on-call@example.com";
/** PostgreSQL's own word. */
const SERVES = "database system is ready to accept connections";

/** Deadlines of wall time. */
const COMES_UP = { timeout: 90_000, interval: 200 };
const FAILS_OVER = { timeout: 60_000, interval: 100 };
const IS_GONE = { timeout: 10_000, interval: 50 };

describe("the whole stack on this machine", () => {
  let twin: RunningTwin;
  let clients: ReturnType<typeof open>;
  let lostHost: string | undefined;

  function open({ awsEndpoint: endpoint, region, accessKeyId, secretAccessKey }: RunningTwin["announcement"]) {
    const settings = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    return {
      ec2: new EC2Client(settings),
      cloudWatch: new CloudWatchClient(settings),
      lambda: new LambdaClient(settings),
      logs: new CloudWatchLogsClient(settings),
      secrets: new SecretsManagerClient(settings),
    };
  }

  const url = (path: string) => `${twin.announcement.loadBalancerUrl}${path}`;

  function addUser(username: string): Promise<Response> {
    return fetch(url("/users"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, email: `${username}@example.com` }),
    });
  }

  async function allUsers(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    let next: string | undefined = url("/users?limit=1000");
    while (next !== undefined) {
      const answer: Response = await fetch(next);
      for (const { username } of (await answer.json()) as { username: string }[]) names.add(username);
      const path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
      next = path === undefined ? undefined : new URL(path, next).href;
    }
    return names;
  }

  async function switchover(): Promise<{ code: number | null; result: unknown; stderr: string }> {
    const main = fileURLToPath(import.meta.resolve("@cloudy/operate/switchover.ts"));
    const child = spawn(process.execPath, [main, "--twin", "-", "--json"]);
    child.stdin.end(JSON.stringify(twin.announcement));
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code: code as number | null, result: JSON.parse(stdout), stderr };
  }

  async function activeDatabase(): Promise<string | undefined> {
    const { outputs } = twin.announcement;
    const answer = await clients.ec2.send(
      new DescribeRouteTablesCommand({ RouteTableIds: [...outputs.databaseRouteTableIds] }),
    );
    const routes = answer.RouteTables?.[0]?.Routes ?? [];
    const route = routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === `${outputs.virtualIp}/32`);
    return route?.State === "active" ? route.InstanceId : undefined;
  }

  /** A session with PostgreSQL itself, past the VPC's network. */
  async function databaseSession(verify: boolean): Promise<pg.Client> {
    const SecretId = twin.announcement.outputs.databaseSecretArn;
    const { SecretString } = await clients.secrets.send(new GetSecretValueCommand({ SecretId }));
    const { username, password, dbname, port, host, ca } = JSON.parse(SecretString ?? "");
    const client = new pg.Client({
      host: postgresAddress(twin.announcement.directory),
      port,
      user: username,
      password,
      database: dbname,
      // Reached by another address, but it must be the server of the secret's.
      ssl: verify && { ca, host, rejectUnauthorized: true },
    });
    await client.connect();
    return client;
  }

  async function logLines(pattern: string): Promise<string[]> {
    const { failoverLogGroupName: logGroupName } = twin.announcement.outputs;
    const answer = await clients.logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: `"${pattern}"` }));
    return (answer.events ?? []).map(({ message }) => message ?? "");
  }

  /** What an instance of the database sent away of its journal. */
  async function journalOf(instanceId = ""): Promise<string> {
    const input = { logGroupName: "/cloudy/Cloudy/database", logStreamNames: [instanceId] };
    const { events = [] } = await clients.logs.send(new FilterLogEventsCommand(input));
    return events.map(({ message = "" }) => message).join("\n");
  }

  beforeAll(async () => {
    twin = await startTwin(SPEED, "--config", `cloudy:alarmEmail=${EMAIL}`);
    clients = open(twin.announcement);
  }, COMES_UP.timeout);

  afterAll(async () => {
    if (twin?.process.exitCode === null) {
      twin.process.kill("SIGINT");
      await once(twin.process, "exit");
    }
  });

  test("A1, W2: both web instances answer through the load balancer", async () => {
    const hostnames = new Set<string>();
    for (let request = 0; request < 10; request += 1) {
      const answer = await fetch(url("/"));
      expect(answer.status).toBe(200);
      hostnames.add(((await answer.json()) as { hostname: string }).hostname);
    }
    expect(hostnames.size).toBe(2);
  });

  test("A4: /load computes on an instance", async () => {
    const answer = await fetch(url("/load?number=97"));
    expect(await answer.json()).toMatchObject({ isPrime: true, number: 97 });
  });

  test("A7: the API's sessions are TLS, the server's certificate is of the secret's CA, and a plain session is refused", async () => {
    const session = await databaseSession(true);
    const { rows } = await session.query(
      "SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'cloudy-api'",
    );
    await session.end();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toEqual({ ssl: true, version: "TLSv1.3" });
    await expect(databaseSession(false)).rejects.toThrow("no encryption");
  });

  test("W5: the alarms have the thresholds of the stack's configuration", async () => {
    const names = [twin.announcement.outputs.highCpuAlarmName];
    const { MetricAlarms } = await clients.cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: names }));
    expect(MetricAlarms).toMatchObject([{ Threshold: 60, Period: 60, EvaluationPeriods: 2 }]);
  });

  test("W7: web and database instances report their metrics", async () => {
    for (const Namespace of ["WebServers", "DatabaseServers"]) {
      await vi.waitFor(async () => {
        const { Metrics } = await clients.cloudWatch.send(new ListMetricsCommand({ Namespace }));
        const names = new Set(Metrics?.map(({ MetricName }) => MetricName));
        expect([...names]).toEqual(expect.arrayContaining(["cpu-usage-percent", "free-memory-mb", "io-wait"]));
      }, COMES_UP);
    }
  });

  test("R4: all that the alarms watch of the program's own is put, for this stack", async () => {
    const Dimensions = [{ Name: "Stack", Value: "cloudy/dev" }];
    for (const [Namespace, names] of [
      ["Cloudy/Database", FAILOVER_METRICS],
      ["WebServers", STACK_HOST_METRICS],
      ["DatabaseServers", STACK_HOST_METRICS],
    ] as const) {
      await vi.waitFor(async () => {
        const { Metrics } = await clients.cloudWatch.send(new ListMetricsCommand({ Namespace, Dimensions }));
        expect(Metrics?.map(({ MetricName }) => MetricName)).toEqual(expect.arrayContaining([...names]));
      }, COMES_UP);
    }
  }, 120_000);

  test("F3: the function says that the route already points to the active database", async () => {
    const active = await activeDatabase();
    const [table] = twin.announcement.outputs.databaseRouteTableIds;
    await vi.waitFor(async () => {
      expect(await logLines("already pointing")).toContainEqual(
        expect.stringContaining(`Route on ${table} already pointing to 10.10.10.10/32 via ${active}`),
      );
    }, COMES_UP);
  });

  test("D6: a planned switchover, with writes going on, loses none that was acknowledged", {
    timeout: 120_000,
  }, async () => {
    const before = await activeDatabase();
    const acknowledged: string[] = [];
    const over = new AbortController();
    const writers = [0, 1].map(async (writer) => {
      for (let number = 0; !over.signal.aborted; number += 1) {
        const username = `switch-${writer}-${number}`;
        if ((await addUser(username)).status === 201) acknowledged.push(username);
      }
    });
    try {
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(10), COMES_UP);
      const { code, result, stderr } = await vi.waitFor(async () => {
        const run = await switchover();
        // The standby may still be on its way up.
        expect(run.result).not.toMatchObject({ outcome: "refused", code: "no-standby" });
        return run;
      }, COMES_UP);
      const ordered = (await logLines("step-down-ordered")).map((line) => parseFailoverLine(line)?.message);
      expect(ordered).toHaveLength(1);
      expect(stderr).toContain(ordered[0]);
      // On a machine that is too slow for the function's minute the command says so, and the scheduled rounds go on.
      const [outcome, told] =
        code === 0 ? ["done", `instead of ${before}`] : ["unfinished", "The scheduled rounds go on"];
      expect(result).toMatchObject({ outcome, from: before, sentence: expect.stringContaining(told) });
      await vi.waitFor(async () => expect(await activeDatabase()).not.toBe(before), FAILS_OVER);
      const during = acknowledged.length;
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(during + 10), FAILS_OVER);
    } finally {
      over.abort();
      await Promise.all(writers);
    }
    const present = await allUsers();
    expect(acknowledged.filter((username) => !present.has(username))).toEqual([]);
  });

  test("D4, F4: the database outlives its host, with every acknowledged write", { timeout: 120_000 }, async () => {
    expect((await addUser("before")).status).toBe(201);
    const active = await activeDatabase();
    expect(active).toBeDefined();
    lostHost = active;
    // What a host wrote in the seconds before its power went is lost with it.
    await vi.waitFor(async () => expect(await journalOf(active)).toContain(SERVES), COMES_UP);
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [active ?? ""], SkipOsShutdown: true }));
    const successor = await vi.waitFor(async () => {
      const now = await activeDatabase();
      expect(now).toBeDefined();
      expect(now).not.toBe(active);
      return now;
    }, FAILS_OVER);
    await vi.waitFor(async () => expect([201, 409]).toContain((await addUser("after")).status), FAILS_OVER);
    expect([...(await allUsers())]).toEqual(expect.arrayContaining(["before", "after"]));
    const [table] = twin.announcement.outputs.databaseRouteTableIds;
    // A function's lines are there once its invocation has ended, within a minute of cloud time.
    await vi.waitFor(async () => {
      expect(await logLines("Updated route")).toContainEqual(
        expect.stringContaining(`Updated route on ${table} to 10.10.10.10/32 via ${successor}`),
      );
    }, FAILS_OVER);
  });

  test("R4: a failover function that AWS does not run raises the alarms, and their address hears of it", async () => {
    const FunctionName = twin.announcement.outputs.failoverFunctionName;
    await clients.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    const mail = (alarm: string) =>
      expect.stringMatching(new RegExp(`sns: to ${EMAIL} by email: ALARM: "${alarm}-\\w+" in .*Runbook, ${alarm}\\)`));
    await vi.waitFor(() => {
      const lines = twin.progress().split("\n");
      expect(lines).toContainEqual(mail("no-database-online"));
      expect(lines).toContainEqual(mail("failover-throttled"));
    }, FAILS_OVER);
  }, 70_000);
  test("R4: what the lost host wrote to its end is read in CloudWatch Logs, PostgreSQL's own lines too", async () => {
    const lines = await journalOf(lostHost);
    expect(lines).toContain(`agent of ${lostHost} is up`);
    expect(lines).toContain(SERVES);
  });

  test("the page is served", async () => {
    const answer = await fetch(twin.announcement.pageUrl);
    expect(answer.headers.get("content-type")).toContain("text/html");
  });

  test("Ctrl-C leaves no process, port or directory behind", async () => {
    const { directory, awsEndpoint } = twin.announcement;
    expect(processesOf(directory).length).toBeGreaterThan(4);
    twin.process.kill("SIGINT");
    const [code] = await once(twin.process, "exit");
    expect(code).toBe(130);
    await vi.waitFor(() => expect(processesOf(directory)).toEqual([]), IS_GONE);
    expect(existsSync(directory)).toBe(false);
    await expect(fetch(awsEndpoint)).rejects.toThrow();
  });
});

test("a killed twin leaves no process and no directory behind either", async () => {
  const { process: child, announcement } = await startTwin(SPEED);
  child.kill("SIGKILL");
  await once(child, "exit");
  await vi.waitFor(() => {
    expect(processesOf(announcement.directory)).toEqual([]);
    expect(existsSync(announcement.directory)).toBe(false);
  }, IS_GONE);
}, 120_000);

describe("wrong use is one clear message and exit code 1", () => {
  test.each([
    [["up", "--stack", "nowhere"], "Pulumi.nowhere.yaml does not exist"],
    [["up", "--stack", "dev", "--stack", "dev"], 'Stack "dev" is named twice'],
    [["up", "--config", "cloudy:webMin"], "--config cloudy:webMin is not KEY=VALUE"],
    [["up", "--stack", "prod"], "neither [cloudy:alarmEmail] nor [cloudy:alarmTopicArn] is set: give one of them."],
    [["up", "--speed", "0"], "--speed 0 is not a number from 1 to 30"],
    [["down"], 'Unknown command "down"'],
    [["up", "--colour"], "Unknown option '--colour'"],
  ])("twin %j", async (args, message) => {
    const { code, stdout, stderr } = await runTwin(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });
});
