import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { application } from "../src/application.ts";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const RECORD = new URL("../src/program/record.ts", import.meta.url).href;

/** The user data of all launch templates; a process records one program only. */
async function userData(): Promise<string> {
  const script = `
    import { recordProgram } from ${JSON.stringify(RECORD)};
    const graph = await recordProgram(process.argv[1], "dev");
    const templates = graph.ofType("aws:ec2/launchTemplate:LaunchTemplate").map(({ inputs }) => inputs.userData);
    const text = templates.map((data) => Buffer.from(data, "base64").toString()).join("\\n");
    process.stdout.write(text, () => process.exit());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script, REPOSITORY]);
  return stdout;
}

test("the units that stay in wall time are units that the program's instances have", async () => {
  const files = await userData();
  expect(application.realTimeUnits.filter((unit) => !files.includes(`/etc/systemd/system/${unit}`))).toEqual([]);
});
