import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const TIME = new URL("../src/instances/preload/time.ts", import.meta.url).href;

test("a process in cloud time measures durations in it, too: Date and performance.now() go ten times as fast", () => {
  const script = `
    import { installTime } from ${JSON.stringify(TIME)};
    installTime({ speed: 10, cloudEpoch_ms: 0, realEpoch_ms: Date.now() });
    const [begin, date_ms, elapsed_ms] = [process.hrtime.bigint(), Date.now(), performance.now()];
    while (process.hrtime.bigint() - begin < 100_000_000n);
    const real_ms = Number(process.hrtime.bigint() - begin) / 1e6;
    console.log(JSON.stringify([(Date.now() - date_ms) / real_ms, (performance.now() - elapsed_ms) / real_ms]));
  `;
  const [date, elapsed] = JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }),
  );
  expect(date).toBeCloseTo(10, 0);
  expect(elapsed).toBeCloseTo(10, 0);
});
