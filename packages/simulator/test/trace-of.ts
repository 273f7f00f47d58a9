import { realCode } from "../src/code-under-test.ts";
import { formatLine } from "../src/engine/trace.ts";
import { planFaults } from "../src/plan/fault-plan.ts";
import { simulate } from "../src/simulate.ts";

/** Everything that a history tells of itself: its lines, and what it came to. */
export async function traceOf(
  seed: number,
  hours: number,
  skips: boolean,
  plan = planFaults(seed, hours),
): Promise<readonly string[]> {
  const lines: string[] = [];
  const onTrace = (line: Parameters<typeof formatLine>[0]) => void lines.push(formatLine(line));
  const history = await simulate({ seed, hours, plan, code: realCode, skips, onTrace });
  lines.push(JSON.stringify({ outages: history.outages, acknowledged: history.acknowledged }));
  return lines;
}
