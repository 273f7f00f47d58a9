import { setTimeout as pause } from "node:timers/promises";
import type { RefreshPreferences } from "@aws-sdk/client-auto-scaling";
import { Interrupted, messageOf, numberOf, parseOptions, UserError } from "@cloudy/command-line";
import { WEB_ROLLING_PERCENT_MAX } from "@cloudy/contracts/rolling.ts";
import { FAILED_LOOKS_MAX, ROLL_LOOK_MS, SWITCHOVER_PAUSE_MS } from "./constants.ts";
import { judgeRoll, type RollView } from "./judge-roll.ts";
import { orderSwitchover } from "./order-switchover.ts";
import { RollingGroup } from "./rolling-group.ts";
import { runCommand } from "./run-command.ts";
import { findTarget, type InstanceGroup, TARGET_OPTIONS, TARGET_USAGE, type Target } from "./target.ts";

const USAGE = `Usage: pnpm roll [options]

Brings the newest launch templates, which \`pulumi up\` has made, to the instances: one group after the other, NAT, web, database,
and within a group one instance after the other. The database's standby comes first; once it is ready the database is switched
over to it (seconds, as \`pnpm switchover\`), then the other one is replaced. A version that does not come into service goes back by
itself, and the command ends with 1 and the reason; what was active served all the time.

${TARGET_USAGE}

Options:
  --cancel         put back what the roll that is under way has replaced
  --warmup SECONDS how long a new web instance is watched before the next one (default: its whole boot budget)
  --help           this text

Exit code 0 when every instance runs the newest version, 1 when not, 130 after Ctrl-C (which does not stop the roll).`;

const OPTIONS = {
  ...TARGET_OPTIONS,
  cancel: { type: "boolean" },
  warmup: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

async function roll(args: readonly string[], signal: AbortSignal): Promise<number> {
  const options = parseOptions(args, OPTIONS);
  if (options.help === true) {
    console.log(USAGE);
    return 0;
  }
  const warmup_s = options.warmup === undefined ? undefined : numberOf("warmup", options.warmup, 0, 3_600);
  const target = await findTarget(options);
  const groups = target.instanceGroups;
  if (groups === undefined) {
    throw new UserError(
      "The system does not name its groups [instanceGroups]: give [--twin], [--stack] or [--outputs] of a stack that was deployed by this release.",
    );
  }
  try {
    for (const group of groups) {
      const isDone = await withGroup(group, target, (rolling) =>
        options.cancel === true
          ? cancelGroup(group, rolling, target, signal)
          : rollGroup(group, rolling, { target, warmup_s, signal }),
      );
      if (!isDone) return 1;
    }
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error(
        "Interrupted. A refresh that was started goes on by itself, but nobody switches the database over for it: `pnpm roll` goes on watching, `pnpm roll --cancel` takes it back.",
      );
    }
    throw error;
  }
}

async function withGroup<T>(
  group: InstanceGroup,
  { connection }: Target,
  use: (rolling: RollingGroup) => Promise<T>,
): Promise<T> {
  const rolling = new RollingGroup(group, connection);
  try {
    return await use(rolling);
  } finally {
    rolling.close();
  }
}

interface Order {
  readonly target: Target;
  readonly warmup_s: number | undefined;
  readonly signal: AbortSignal;
}

async function rollGroup(group: InstanceGroup, rolling: RollingGroup, order: Order): Promise<boolean> {
  const { version, latest, desired, outdated, hasProtected } = await rolling.state();
  const running = await rolling.active();
  if (running === undefined && outdated.length === 0 && version === latest) {
    console.log(`${group.tier}: every instance runs version ${latest} already.`);
    return true;
  }
  if (running !== undefined && running.version !== latest) {
    throw new UserError(
      `${group.tier}: a refresh to version ${running.version || "unknown"} is under way, and ${latest} is the newest. Wait for it, or take it back by [--cancel].`,
    );
  }
  if (running === undefined && group.tier === "database" && outdated.length > 0 && !hasProtected) {
    throw new UserError(
      "database: no instance is protected from scaling in, so who holds the database is not known to Auto Scaling. Nothing was changed; try again once one is active (pnpm switchover tells why not).",
    );
  }
  if (running === undefined)
    console.error(`${group.tier}: ${outdated.length} of ${desired} instances go to version ${latest}`);
  else console.error(`${group.tier}: the refresh to version ${latest} is under way already`);
  const refreshId = running?.id ?? (await rolling.start(latest, preferencesOf(group.tier, desired, order.warmup_s)));
  const { isDone, because } = await follow(group, rolling, refreshId, order);
  if (isDone) console.log(`${group.tier}: every instance runs version ${latest}.`);
  else console.log(`${group.tier}: version ${latest} was not rolled out: ${because}`);
  return isDone;
}

async function cancelGroup(
  group: InstanceGroup,
  rolling: RollingGroup,
  target: Target,
  signal: AbortSignal,
): Promise<boolean> {
  const running = await rolling.active();
  if (running === undefined) {
    console.log(`${group.tier}: no refresh is under way.`);
    return true;
  }
  if (running.status !== "RollbackInProgress") await rolling.rollBack();
  const { status, because } = await follow(group, rolling, running.id, { target, warmup_s: undefined, signal });
  const isBack = status === "RollbackSuccessful";
  console.log(
    `${group.tier}: ${isBack ? "the refresh was taken back." : `the refresh could not be taken back: ${because}`}`,
  );
  return isBack;
}

/** How many instances may be away, or there in addition, while a group rolls. */
function preferencesOf(tier: InstanceGroup["tier"], desired: number, warmup_s: number | undefined): RefreshPreferences {
  switch (tier) {
    case "nat":
      // The successor takes the interface over that the predecessor must let go of first.
      return { MinHealthyPercentage: 0, MaxHealthyPercentage: 100, InstanceWarmup: 0 };
    case "web":
      // A new one serves before an old one leaves.
      return {
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: WEB_ROLLING_PERCENT_MAX,
        ...(warmup_s === undefined ? {} : { InstanceWarmup: warmup_s }),
      };
    case "database":
      // The holder is protected, and replaced only once its place is taken; a single one gets a standby for that.
      return {
        ...(desired > 1
          ? { MinHealthyPercentage: 50, MaxHealthyPercentage: 100 }
          : { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 }),
        InstanceWarmup: 0,
        ScaleInProtectedInstances: "Wait",
      };
  }
}

interface Ending {
  readonly isDone: boolean;
  readonly status: string;
  readonly because: string;
}

/** Watches a refresh to its end, and does what it needs on the way. */
async function follow(
  { tier }: InstanceGroup,
  rolling: RollingGroup,
  refreshId: string,
  { target, signal }: Order,
): Promise<Ending> {
  let said = "";
  let rolledBackBecause: string | undefined;
  let nextSwitchover_ms = 0;
  const say = (sentence: string) => {
    if (sentence !== said) console.error(`${tier}: ${sentence}`);
    said = sentence;
  };
  const sayHow = (work: Promise<string>) => {
    const failed = (error: unknown) => {
      signal.throwIfAborted();
      return messageOf(error);
    };
    return work.catch(failed).then(say);
  };
  for (;;) {
    const view = await lookPatiently(rolling, refreshId, signal);
    const step = judgeRoll(view);
    const { status } = view.refresh;
    if (step.do === "end") return { isDone: step.isDone, status, because: rolledBackBecause ?? step.because };
    if (step.do === "roll-back" && rolledBackBecause === undefined) {
      rolledBackBecause = step.because;
      // Auto Scaling may have begun to go back by itself meanwhile.
      await sayHow(rolling.rollBack().then(() => `goes back: ${step.because}`));
    } else if (step.do === "switch-over" && Date.now() >= nextSwitchover_ms) {
      say(`the other one is ready: switches over from ${step.from}`);
      await sayHow(orderSwitchover(target, signal).then(({ sentence }) => sentence));
      nextSwitchover_ms = Date.now() + SWITCHOVER_PAUSE_MS;
    } else if (step.do === "wait") {
      const states = view.instances.map(({ id, version, lifecycle }) => `${id} (version ${version}) ${lifecycle}`);
      say(`${status}: ${states.join(", ")}`);
    }
    await pause(ROLL_LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** A roll takes many minutes; that AWS cannot be asked for one of them is no reason to leave it alone. */
async function lookPatiently(rolling: RollingGroup, refreshId: string, signal: AbortSignal): Promise<RollView> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await rolling.look(refreshId);
    } catch (error) {
      signal.throwIfAborted();
      if (failures >= FAILED_LOOKS_MAX) throw new UserError(`The roll is not seen any more: ${messageOf(error)}`);
      await pause(ROLL_LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

runCommand(roll);
