import { Interrupted, parseOptions } from "@cloudy/command-line";
import { followLog } from "./follow-log.ts";
import { orderSwitchover } from "./order-switchover.ts";
import { runCommand } from "./run-command.ts";
import { findTarget, TARGET_OPTIONS, TARGET_USAGE } from "./target.ts";

const USAGE = `Usage: pnpm switchover [options]

Has the active database instance step down and the standby take over, without losing a write: for maintenance, or to see
that it works. Refused, with the reason, unless a standby is ready. Takes seconds, during which writes wait or are refused.

${TARGET_USAGE}

Options:
  --json           print the result as one JSON line on standard output
  --help           this text

Exit code 0 when another instance serves, 1 when not, 130 after Ctrl-C (which does not take the order back).`;

const OPTIONS = { ...TARGET_OPTIONS, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;

async function switchover(args: readonly string[], signal: AbortSignal): Promise<number> {
  const options = parseOptions(args, OPTIONS);
  if (options.help === true) {
    console.log(USAGE);
    return 0;
  }
  const target = await findTarget(options);
  console.error(`Asking ${target.functionName} to switch over`);
  const log = followLog(target, (sentence) => console.error(`  ${sentence}`));
  try {
    const result = await orderSwitchover(target, signal);
    await log.stop();
    console.log(options.json === true ? JSON.stringify(result) : result.sentence);
    return result.outcome === "done" ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error(
        "Interrupted. If the order was given it is carried out all the same; ask again to see where it stands.",
      );
    }
    throw error;
  }
}

runCommand(switchover);
