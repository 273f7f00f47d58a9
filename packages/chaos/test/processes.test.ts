import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { ProcessFinder } from "../src/processes.ts";

const DIRECTORY = "/tmp/cloudy-twin-none";
const AGENT = `${DIRECTORY}/instances/i-1/root/opt/cloudy/db-agent/agent.mjs`;

const ended: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(ended.splice(0).map((end) => end())));

/** Has the agent's command line, as a fork of it that has not yet called exec; when it is told to, it becomes a child of that mode. */
function forkOfAgent(mode: string) {
  const child = spawn("bash", ["-c", `read; exec bash -c "echo; read" ${AGENT} ${mode}`, AGENT]);
  ended.push(() => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    return exited;
  });
  return child;
}

test("D4: a process is what its command line says now, also when it was seen between fork and exec", async () => {
  const finder = new ProcessFinder(DIRECTORY);
  const child = forkOfAgent("shared-files");
  await once(child, "spawn");
  const find = () => finder.all().map(({ pid, instanceId, what }) => ({ pid, instanceId, what }));
  expect(find()).toEqual([{ pid: child.pid, instanceId: "i-1", what: "agent" }]);
  child.stdin.write("\n");
  await once(child.stdout, "data");
  expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8")).toContain("shared-files");
  expect(find()).toEqual([{ pid: child.pid, instanceId: "i-1", what: "shared-files" }]);
});
