import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** The shortest part of `pnpm chaos`; all of it takes minutes. */
const EXPERIMENTS = ["postgres-killed", "agent-killed"];

/** The twin comes up within a minute on a busy machine, each experiment and the check of the data within half a minute. */
const LIMIT_MS = 240_000;

test(
  "D4: pnpm chaos: a killed postgres is started again, a killed agent's goes on, no write is lost",
  async () => {
    const chaos = spawn(process.execPath, [MAIN, "--only", EXPERIMENTS.join()], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [said, [code]] = await Promise.all([text(chaos.stdout), once(chaos, "exit")]);
      expect(said).toContain(`${EXPERIMENTS.length + 1} of ${EXPERIMENTS.length + 1} promises held`);
      expect(code).toBe(0);
    } finally {
      chaos.kill("SIGTERM");
    }
  },
  LIMIT_MS,
);
