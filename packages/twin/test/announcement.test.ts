import { parseTwinLine } from "@cloudy/command-line";
import { expect, test } from "vitest";
import { announce } from "../src/announcement.ts";
import { application } from "../src/application.ts";

const stack = (name: string, port: number) => ({
  stack: name,
  loadBalancerUrl: `http://127.0.0.1:${port}`,
  pageUrl: `http://127.0.0.1:${port + 1}`,
  outputs: { region: "eu-west-1", webGroupName: `web-${name}` },
});

function twin(...stacks: readonly ReturnType<typeof stack>[]) {
  return {
    directory: "/tmp/cloudy-twin-1",
    accountId: "123456789012",
    connection: {
      endpoint: "http://127.0.0.1:1",
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIA", secretAccessKey: "secret" },
    },
    stacks,
    clock: { speed: 10, realEpoch_ms: 1, cloudEpoch_ms: 2 },
    awsOnly: [],
    stop: async () => {},
  };
}

const [dev, prod] = [stack("dev", 8080), stack("prod", 8090)];

test("a twin of one stack is announced as ever, and can be asked for by its name", () => {
  const line = announce(twin(dev), application, "json");
  expect(JSON.parse(line)).toMatchObject({ loadBalancerUrl: dev.loadBalancerUrl, outputs: dev.outputs, stacks: [dev] });
  expect(parseTwinLine(line, "the line")).toMatchObject({ pageUrl: dev.pageUrl, outputs: dev.outputs });
  expect(parseTwinLine(line, "the line", "dev")).toMatchObject({ outputs: dev.outputs });
  expect(announce(twin(dev), application, "text")).toContain("  load balancer  http://127.0.0.1:8080\n");
});

test("of a twin of several stacks each is announced, and a command must say which it means", () => {
  const line = announce(twin(dev, prod), application, "json");
  expect(JSON.parse(line)).toMatchObject({ outputs: dev.outputs, stacks: [dev, prod] });
  expect(parseTwinLine(line, "the line", "prod")).toMatchObject({
    loadBalancerUrl: prod.loadBalancerUrl,
    pageUrl: prod.pageUrl,
    outputs: prod.outputs,
    connection: { endpoint: "http://127.0.0.1:1" },
  });
  expect(() => parseTwinLine(line, "the line")).toThrow("say by [--stack] which of them is meant");
  const text = announce(twin(dev, prod), application, "text");
  expect(text).toContain("  load balancer  http://127.0.0.1:8080  (stack dev)");
  expect(text).toContain("  live page      http://127.0.0.1:8091  (stack prod)");
});
