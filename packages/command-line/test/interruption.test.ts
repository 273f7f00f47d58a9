import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const MODULE = new URL("../src/interruption.ts", import.meta.url).href;

/** A process that is told to end, says so and is told again; returns its exit code. */
async function interruptTwice(options: string): Promise<number | null> {
  const script = `
    import { onSignals } from ${JSON.stringify(MODULE)};
    const ending = new AbortController();
    onSignals(ending, ${options});
    ending.signal.addEventListener("abort", () => setTimeout(() => process.exit(7), 500));
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.kill("SIGINT");
  expect(String(await once(child.stderr, "data"))).toBe("\nEnding.\n");
  child.kill("SIGTERM");
  const [code] = await ended;
  return code;
}

test("the first Ctrl-C asks a command to end, the second one ends it at once with 130", async () => {
  expect(await interruptTwice('{ notice: "Ending." }')).toBe(130);
});

test("a command that would leave something behind hears the first one only", async () => {
  expect(await interruptTwice('{ notice: "Ending.", isPatient: true }')).toBe(7);
});
