import { once } from "node:events";
import { Agent, request } from "node:http";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { afterEach, expect, test, vi } from "vitest";
import { type RunningTwin, startTwin } from "./running-twin.ts";

const SPEED = 10;
/** Below it simple scaling adds nothing: `cpuHighPercent` of every stack. */
const ALARM_PERCENT = 60;
const CLIENTS = 24;
/** Four minutes of cloud time. */
const LOAD_MS = 24_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

let twin: RunningTwin | undefined;
afterEach(async () => {
  if (twin?.process.exitCode !== null) return;
  twin.process.kill("SIGINT");
  await once(twin.process, "exit");
});

interface Ordinary {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** Reads and a write in turn; no calculation, which has threads of its own. */
function ordinary(client: number, n: number): Ordinary {
  if (n % 4 === 0) {
    const username = `client-${client}-${n}`;
    return { method: "POST", path: "/users", body: JSON.stringify({ username, email: `${username}@example.com` }) };
  }
  return { method: "GET", path: n % 2 === 0 ? "/" : `/users?limit=20&after=${n}` };
}

function ask(base: string, agent: Agent, { method, path, body }: Ordinary): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
    const asked = request(`${base}${path}`, { agent, method, headers }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    asked.once("error", reject).end(body);
  });
}

/** The means of the minutes that are over, in percent. */
async function utilization({
  awsEndpoint: endpoint,
  region,
  accessKeyId,
  secretAccessKey,
  outputs,
}: RunningTwin["announcement"]) {
  const cloudWatch = new CloudWatchClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/EC2",
      MetricName: "CPUUtilization",
      Dimensions: [{ Name: "AutoScalingGroupName", Value: outputs.webGroupName }],
      Statistics: ["Average"],
      Period: 60,
      // The twin's clock runs ahead of ours from its start on.
      StartTime: new Date(Date.now() - HOUR_MS),
      EndTime: new Date(Date.now() + HOUR_MS),
    }),
  );
  const sorted = Datapoints.toSorted((a, b) => Number(a.Timestamp) - Number(b.Timestamp));
  return sorted.map(({ Average = 0 }) => Average);
}

test("W5: ordinary traffic drives an instance with two vCPUs over the alarm's 60 % CPU", async () => {
  const config = ["webInstanceType=t4g.small", "webMin=1", "webMax=1"].flatMap((pair) => [
    "--config",
    `cloudy:${pair}`,
  ]);
  twin = await startTwin(SPEED, ...config);
  const { announcement } = twin;
  const before = await utilization(announcement);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const statuses = new Map<number | undefined, number>();
  const end_ms = performance.now() + LOAD_MS;
  const client = async (id: number) => {
    for (let n = 0; performance.now() < end_ms; n += 1) {
      const status = await ask(announcement.loadBalancerUrl, agent, ordinary(id, n));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)));
  agent.destroy();
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const served = (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0);
  // Where this machine is busy, a few wait too long for the database.
  expect(served / answered, JSON.stringify([...statuses])).toBeGreaterThan(0.99);
  // The last minute is told when it is over.
  await vi.waitFor(
    async () => {
      const during = (await utilization(announcement)).slice(before.length);
      expect(Math.max(...during), `percent by minute: ${during.map(Math.round).join(", ")}`).toBeGreaterThan(
        ALARM_PERCENT,
      );
    },
    { timeout: (2 * MINUTE_MS) / SPEED, interval: 500 },
  );
}, 240_000);
