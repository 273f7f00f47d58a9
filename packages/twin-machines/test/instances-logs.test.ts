import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { Iam } from "@cloudy/twin-services/iam/iam.ts";
import { Logs } from "@cloudy/twin-services/logs/logs.ts";
import { logsOperations } from "@cloudy/twin-services/logs/operations.ts";
import { startEndpoint } from "@cloudy/twin-wire/endpoint.ts";
import { expect, onTestFinished, test } from "vitest";
import { createInstances, unitFile } from "./instances-rig.ts";

const GROUP = "/cloudy/cloudy-dev/web";
const GROUP_ARN = `arn:aws:logs:eu-west-1:123456789012:log-group:${GROUP}`;
const ROLE_ARN = "arn:aws:iam::123456789012:role/CloudyRole";
/** Flushes every 5 s of cloud time take half a second. */
const SPEED = 10;
const SOON = { timeout: 10_000 };

function resource(type: string, name: string, inputs: Record<string, unknown>): GraphResource {
  return { type, name, urn: name, id: name, inputs, outputs: inputs, parent: undefined, dependencies: [] };
}

/** A log group, and the role of the rig's instances with what it may do there. */
function graphWith(actions: readonly string[]): Graph {
  const document = (statement: object) => JSON.stringify({ Statement: [{ Effect: "Allow", ...statement }] });
  const trust = document({ Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } });
  const policy = document({ Sid: "SendTheJournal", Action: actions, Resource: `${GROUP_ARN}:*` });
  const resources = [
    resource("aws:cloudwatch/logGroup:LogGroup", "web", { name: GROUP }),
    resource("aws:iam/role:Role", "CloudyRole", { name: "CloudyRole", arn: ROLE_ARN, assumeRolePolicy: trust }),
    resource("aws:iam/rolePolicy:RolePolicy", "CloudyRole", { role: "CloudyRole", policy }),
  ];
  const ofType = (type: string) => resources.filter((candidate) => candidate.type === type);
  return { resources, outputs: {}, region: "eu-west-1", accountId: "123456789012", ofType };
}

async function cloudWhere(actions: readonly string[]) {
  const graph = graphWith(actions);
  const identity = new Iam({ graph, clock: manualClock() });
  const logs = new Logs(graph, manualClock());
  const endpoint = await startEndpoint({ authority: identity, services: { "cloudwatch-logs": logsOperations(logs) } });
  const rig = await createInstances(SPEED, { cloud: { endpointPort: endpoint.port, identity } });
  const { accessKeyId, secretAccessKey } = identity.administrator;
  const credentials = { accessKeyId, secretAccessKey };
  const operator = new CloudWatchLogsClient({ region: "eu-west-1", endpoint: endpoint.url, credentials });
  onTestFinished(async () => {
    operator.destroy();
    await rig.close();
    await endpoint.close();
  });
  /** What `aws logs tail` asks for. */
  const tail = async (...logStreamNames: string[]) => {
    const input = { logGroupName: GROUP, ...(logStreamNames.length === 0 ? {} : { logStreamNames }) };
    const { events = [] } = await operator.send(new FilterLogEventsCommand(input));
    return events.map(({ message }) => message);
  };
  return { ...rig, tail };
}

const SPEAKER = `
  let line = 0;
  setInterval(() => console.log("line " + ++line), 20);
  process.on("SIGTERM", () => { console.log("says goodbye"); process.exit(0); });`;

function configWith(agent: unknown) {
  return {
    packages: ["nodejs24", "rsyslog", "amazon-cloudwatch-agent"],
    write_files: [
      { path: "/opt/speaker.mjs", content: SPEAKER },
      unitFile("speaker.service", {
        Service: { ExecStart: "/usr/bin/node-24 /opt/speaker.mjs" },
        Install: { WantedBy: "multi-user.target" },
      }),
      unitFile("amazon-cloudwatch-agent.service.d/cloudy.conf", {
        Unit: { Before: "rsyslog.service speaker.service" },
      }),
      {
        path: "/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json",
        content: JSON.stringify(agent),
      },
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "rsyslog.service", "amazon-cloudwatch-agent.service"],
      ["systemctl", "enable", "--now", "speaker.service"],
    ],
  };
}

const agentOf = (file: object = {}, more: object = {}) => ({
  logs: {
    logs_collected: {
      files: {
        collect_list: [
          { file_path: "/var/log/messages", log_group_name: GROUP, log_stream_name: "{instance_id}", ...file },
        ],
      },
    },
    force_flush_interval: 5,
    ...more,
  },
});
const BOTH = ["logs:CreateLogStream", "logs:PutLogEvents"];

test("R4: the last lines of a host that lost its power are read in CloudWatch Logs, in a stream of its own", async () => {
  const rig = await cloudWhere(BOTH);
  await rig.boot("i-web", configWith(agentOf()));
  await expect.poll(() => rig.tail("i-web"), SOON).toContain("line 30");
  await rig.instances.halt("i-web", "power-off");
  const last = await rig.tail("i-web");
  expect(last).toEqual(expect.arrayContaining([expect.stringContaining("runcmd: systemctl daemon-reload"), "line 1"]));
  const numbers = last.flatMap((line) => /^line (\d+)$/.exec(line ?? "")?.[1] ?? []).map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(await rig.tail("i-other")).toEqual([]);
});

test("R4: a host that is shut down sends the last words of its services", async () => {
  const rig = await cloudWhere(BOTH);
  await rig.boot("i-web", configWith(agentOf()));
  await expect.poll(() => rig.journal("i-web"), SOON).toContain("line 1");
  await rig.instances.halt("i-web", "shutdown");
  expect((await rig.tail("i-web")).at(-1)).toBe("says goodbye");
});

test.each([
  ["logs:PutLogEvents", ["logs:CreateLogStream"]],
  ["logs:CreateLogStream", ["logs:PutLogEvents"]],
])("R4: without %s there are no lines, and the twin says why, once", async (missing, actions) => {
  const rig = await cloudWhere(actions);
  await rig.boot("i-web", configWith(agentOf()));
  const refusal = () => rig.sentences.filter((sentence) => sentence.includes("amazon-cloudwatch-agent"));
  await expect.poll(refusal, SOON).toHaveLength(1);
  expect(refusal()[0]).toContain(`is not authorized to perform: ${missing}`);
  await expect.poll(() => rig.journal("i-web"), SOON).toContain("line 50");
  expect(await rig.tail()).toEqual([]);
  expect(refusal()).toHaveLength(1);
});

test("without a way to CloudWatch Logs the lines wait, and none is lost", async () => {
  const rig = await cloudWhere(BOTH);
  const { rules } = rig.state;
  const closed = rules["sg-web"] ?? [];
  await rig.boot("i-web", configWith(agentOf()));
  await expect.poll(() => rig.tail(), SOON).toContain("line 1");
  rules["sg-web"] = [];
  rig.changed();
  const known = (await rig.tail()).length;
  await expect.poll(() => rig.journal("i-web"), SOON).toContain(`line ${known + 100}`);
  rules["sg-web"] = closed;
  rig.changed();
  await expect.poll(() => rig.tail(), SOON).toContain(`line ${known + 100}`);
});

test.each([
  [agentOf({ timezone: "UTC" }), '"timezone" in [collect_list]'],
  [agentOf({}, { concurrency: 2 }), '"concurrency" in [logs]'],
  [{ ...agentOf(), metrics: {} }, '"metrics" in [the document]'],
  [agentOf({ log_stream_name: "{hostname}" }), "[log_stream_name]"],
  [agentOf({}, { force_flush_interval: "often" }), "[force_flush_interval]"],
])("what the twin does not know of the agent's configuration is refused by name: %#", async (agent, words) => {
  const rig = await cloudWhere(BOTH);
  await expect(rig.boot("i-web", configWith(agent))).rejects.toThrow(words);
});
