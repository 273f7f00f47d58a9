import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function plan(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("R3: pnpm plan answers what another way out would change, in one line for other programs", () => {
  const { status, stdout } = plan("--to", "dev", "--set", "nat=gateway", "--json");
  const { refusals, changes } = JSON.parse(stdout);
  expect([status, refusals]).toEqual([0, []]);
  const routes = changes.filter(({ type }: { type: string }) => type === "aws:ec2/route:Route");
  expect(routes).toMatchObject([
    { kind: "update", name: "private-internet-a", properties: ["networkInterfaceId", "natGatewayId"] },
    { kind: "update", name: "private-internet-b", properties: ["networkInterfaceId", "natGatewayId"] },
  ]);
});

test("R3: what is refused comes first, and the exit code says so", () => {
  const { status, stdout } = plan("--to", "dev", "--set", "databaseName=shop");
  expect(status).toBe(1);
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    "Refused (1):",
    '  databaseName from "cloudy" to "shop", which is given to a new stack only',
  ]);
  // Neither the password nor a key is shown, and what random draws anew is no change.
  expect(stdout).not.toContain("PRIVATE KEY");
});

test.each([
  [["--from", "dev"], "Error: [--to] is missing: name the stack to deploy. See --help."],
  [["--to", "dev", "--set", "nat"], "Error: [--set] nat is not KEY=VALUE, such as nat=gateway."],
  [["--to", "nowhere"], 'There is no stack "nowhere"'],
  [["--to", "dev", "--set", "natt=none"], "cloudy:natt is no setting"],
])("%j is a user's mistake and ends in one sentence", (args, sentence) => {
  const { status, stderr } = plan(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("    at ");
});
