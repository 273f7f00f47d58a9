import { expect, test } from "vitest";
import { type CodeUnderTest, realCode } from "../src/code-under-test.ts";
import { formatLine } from "../src/engine/trace.ts";
import { planFaults } from "../src/plan/fault-plan.ts";
import { simulate } from "../src/simulate.ts";

type Around = Parameters<CodeUnderTest["surround"]>[0];
interface Command {
  readonly input: { Filters?: readonly { readonly Name: string }[] };
}

/** As if the function looked by `database=true` alone. */
const looksByOneTag: CodeUnderTest["surround"] = (around) => {
  const client = around.clients.ec2 as unknown as { send: (command: Command, options: unknown) => Promise<unknown> };
  const send = (command: Command, options: unknown) => {
    const { Filters } = command.input;
    if (Filters !== undefined) command.input.Filters = Filters.filter(({ Name }) => Name === "tag:database");
    return client.send(command, options);
  };
  return { ...around, clients: { ...around.clients, ec2: { send } } as unknown as Around["clients"] };
};

async function linesOf(code: CodeUnderTest): Promise<string> {
  const lines: string[] = [];
  const plan = planFaults(1, 1);
  await simulate({ seed: 1, hours: 1, plan, code, onTrace: (line) => void lines.push(formatLine(line)) });
  return lines.join("\n");
}

test("R1: another stack of the account is there in every history, and the function does not see it", async () => {
  expect(await linesOf(realCode)).not.toContain("neighbour");
  expect(await linesOf({ ...realCode, surround: looksByOneTag })).toContain("move-route failed: rtb-neighbour");
});
