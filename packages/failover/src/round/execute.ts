import {
  CreateRouteCommand,
  CreateTagsCommand,
  ModifyInstanceAttributeCommand,
  ReplaceRouteCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { formatRouteLine } from "@cloudy/contracts/route-line.ts";
import { FENCE_TAG } from "@cloudy/contracts/stack-tags.ts";
import { callAws } from "../aws-call.ts";
import { FENCES_PER_HOUR_MAX } from "../constants.ts";
import type { Action, StepDown } from "../decision/plan.ts";
import { FailoverError, messageOf } from "../errors.ts";
import type { Surroundings } from "../surroundings.ts";
import { deliverGrant, deliverOrder } from "./deliver.ts";
import { recentFences, recordFence } from "./fence-record.ts";
import { readInstance, readRouteTables } from "./read-ec2.ts";

type Move = Extract<Action, { do: "move-route" }>;
type Fence = Extract<Action, { do: "fence" }>;
type GrantAction = Extract<Action, { do: "grant" }>;

export interface Done {
  readonly routeChanges: number;
  readonly fences: number;
}

/**
 * Carries out a plan in its order. Every write is preceded by a fresh look at what it changes, and every one is safe to
 * repeat, so an overlapping invocation does no harm. An action that fails is logged, and the next round decides anew.
 */
export async function execute(
  around: Surroundings,
  actions: readonly Action[],
  options: { readonly sayKept: boolean },
): Promise<Done> {
  let done: Done = { routeChanges: 0, fences: 0 };
  for (const action of actions) {
    try {
      const changed = await perform(around, action, options.sayKept);
      if (changed && action.do === "move-route") done = { ...done, routeChanges: done.routeChanges + 1 };
      if (changed && action.do === "fence") done = { ...done, fences: done.fences + 1 };
    } catch (error) {
      around.log("error", `${action.do} failed: ${messageOf(error)}`, { code: "action-failed", ...action });
      // What follows may depend on it: a route must not lead to an instance that drops its packets.
      if (action.do === "disable-source-dest-check") return done;
    }
  }
  return done;
}

async function perform(around: Surroundings, action: Action, sayKept: boolean): Promise<boolean> {
  switch (action.do) {
    case "keep-route":
      if (sayKept) logKept(around, action);
      return false;
    case "disable-source-dest-check":
      await disableSourceDestCheck(around, action.instanceId);
      return true;
    case "move-route":
      return moveRoute(around, action);
    case "order-step-down":
      return orderStepDown(around, action);
    case "fence":
      return fence(around, action);
    case "grant":
      return grant(around, action);
  }
}

async function disableSourceDestCheck(around: Surroundings, instanceId: string): Promise<void> {
  const command = new ModifyInstanceAttributeCommand({ InstanceId: instanceId, SourceDestCheck: { Value: false } });
  await callAws(around, "ec2:ModifyInstanceAttribute", (options) => around.clients.ec2.send(command, options));
  around.log("info", `Disabled the source/destination check of ${instanceId}`, {
    code: "source-dest-check-disabled",
    instanceId,
  });
}

function logKept(
  { settings, log }: Surroundings,
  { routeTableId, instanceId }: { routeTableId: string; instanceId: string },
) {
  const line = { route: "kept", routeTableId, virtualIpCidr: settings.virtualIpCidr, instanceId } as const;
  log("info", formatRouteLine(line), { code: "route-kept", ...line });
}

async function moveRoute(around: Surroundings, action: Move): Promise<boolean> {
  const { clients, settings, log } = around;
  const { routeTableId, instanceId } = action;
  const table = (await readRouteTables(around, [routeTableId])).find(({ id }) => id === routeTableId);
  if (table === undefined) throw new FailoverError(`route table ${routeTableId} is gone or lost its tag`);
  if (table.route?.instanceId === instanceId && table.route.state === "active") {
    logKept(around, action);
    return false;
  }
  if (table.route?.state === "active" && table.route.instanceId !== action.seen?.instanceId) {
    const via = table.route.instanceId ?? "something else";
    log("info", `Route on ${routeTableId} was changed meanwhile and leads to ${via}: left to the next round`, {
      code: "route-left",
      routeTableId,
    });
    return false;
  }
  const input = { RouteTableId: routeTableId, DestinationCidrBlock: settings.virtualIpCidr, InstanceId: instanceId };
  const isNew = table.route === undefined;
  await callAws<unknown>(around, isNew ? "ec2:CreateRoute" : "ec2:ReplaceRoute", (options) =>
    isNew
      ? clients.ec2.send(new CreateRouteCommand(input), options)
      : clients.ec2.send(new ReplaceRouteCommand(input), options),
  );
  const line = { route: "updated", routeTableId, virtualIpCidr: settings.virtualIpCidr, instanceId } as const;
  log("info", formatRouteLine(line), { code: "route-updated", ...line, before: table.route?.instanceId });
  return true;
}

/** Bound to its epoch, and judged by the holder itself: a late or repeated one does nothing. */
async function orderStepDown(around: Surroundings, action: StepDown): Promise<boolean> {
  const { instanceId: holder, privateIp, epoch, because } = action;
  const { code: status, because: answer } = await deliverOrder(
    around,
    { order: "step-down", epoch, holder },
    privateIp,
  );
  const sentence = `Ordered ${holder} to step down from epoch ${epoch}, since ${because}: ${answer}`;
  around.log(status === 202 ? "info" : "warn", sentence, { code: "step-down-ordered", status });
  return status === 202;
}

/**
 * Writes the fence down, then ends the machine. Force and SkipOsShutdown: one that hangs on its file system would not shut
 * down in order.
 */
async function fence(around: Surroundings, { instanceId, epoch, because }: Fence): Promise<boolean> {
  const { clients, log } = around;
  const { view, isOwn } = await readInstance(around, instanceId);
  const { state } = view;
  if (state === "shutting-down" || state === "terminated" || state === "gone") {
    log("info", `${instanceId} is ${state} already: no need to fence it`, {
      code: "fence-needless",
      instanceId,
      epoch,
    });
    return false;
  }
  // A shared directory that came from another stack's backup names holders that live on there.
  if (!isOwn) throw new FailoverError(`${instanceId} does not carry this stack's tags: it is left alone`);
  await writeDown(around, epoch);
  log("warn", `Fencing ${instanceId}, the holder of epoch ${epoch}: ${because}`, {
    code: "fence",
    instanceId,
    epoch,
    because,
  });
  const command = new TerminateInstancesCommand({ InstanceIds: [instanceId], Force: true, SkipOsShutdown: true });
  await callAws(around, "ec2:TerminateInstances", (options) => clients.ec2.send(command, options));
  return true;
}

/** Before the fence, on every table that takes it; throws when none does, or when other fences have used up the hour. */
async function writeDown(around: Surroundings, epoch: number): Promise<void> {
  const { clients, clock, log } = around;
  const tables = await readRouteTables(around);
  if (tables.length === 0) throw new FailoverError("no tagged route table to write the fence down on: tag one");
  const now_ms = clock.now_ms();
  const tags = tables.map(({ fences }) => fences);
  const others = recentFences(tags, now_ms).filter((fenced) => fenced !== epoch).length;
  if (others >= FENCES_PER_HOUR_MAX) throw new FailoverError(`${others} fences in an hour are enough`);
  const Value = recordFence(tags, epoch, now_ms);
  // Each by itself: EC2 refuses a request as a whole, so that one table that may not be tagged would prevent every fence.
  const notes = await Promise.allSettled(
    tables.map(({ id }) => {
      const command = new CreateTagsCommand({ Resources: [id], Tags: [{ Key: FENCE_TAG, Value }] });
      return callAws(around, "ec2:CreateTags", (options) => clients.ec2.send(command, options));
    }),
  );
  const refusals = notes.flatMap((note) => (note.status === "rejected" ? [messageOf(note.reason)] : []));
  if (refusals.length === tables.length) throw new FailoverError(`it cannot be written down: ${refusals[0]}`);
  for (const refusal of refusals) {
    log("warn", `A route table does not take the note of the fence, others do: ${refusal}`, {
      code: "fence-note-refused",
      epoch,
    });
  }
}

async function grant(around: Surroundings, action: GrantAction): Promise<boolean> {
  const { log } = around;
  const { epoch, deadHolder, successor, successorIp } = action;
  const { state } = (await readInstance(around, deadHolder)).view;
  if (state !== "terminated" && state !== "gone") {
    throw new FailoverError(`${deadHolder} is ${state}, not terminated: no grant for epoch ${epoch}`);
  }
  const { code: status, because } = await deliverGrant(around, { epoch, deadHolder, successor }, successorIp);
  log(status === 202 ? "info" : "warn", `Granted epoch ${epoch + 1} to ${successor} after ${deadHolder}: ${because}`, {
    code: "grant",
    epoch,
    deadHolder,
    successor,
    status,
  });
  return status === 202;
}
