import type { Graph } from "@cloudy/twin-model/graph.ts";
import { expect } from "vitest";
import type { Fault } from "./alarm-faults.ts";
import { alarmWorld, pagingAlarms } from "./alarm-world.ts";

/** A deployment and 24 hours with all that happens in a stack that is well: nobody is paged. */
export async function quietDay(graph: Graph): Promise<void> {
  const world = alarmWorld(graph);
  const hours = (count: number) => world.minutes(60 * count);
  await world.deploy();
  expect(world.raised()).toEqual([]);
  expect(pagingAlarms(graph).filter(({ name }) => world.state(name) === undefined)).toEqual([]);
  const small = world.idsOf("Web").length;
  // Morning: the load grows until the group does, and a planned switchover misses the writer for some rounds.
  world.facts.requests = 2_000;
  world.machines.load = 75;
  await hours(1);
  expect(world.idsOf("Web").length).toBeGreaterThan(small);
  world.facts.missedRounds = 3;
  await hours(4);
  // A database instance is lost, and replaced.
  await world.call("ec2", "TerminateInstances", { InstanceIds: [world.idsOf("Database")[0]] });
  world.facts.missedRounds = 3;
  await hours(5);
  // Evening: the group shrinks again.
  world.machines.load = 20;
  world.facts.requests = 300;
  await hours(2);
  expect(world.idsOf("Web")).toHaveLength(small);
  // Night: nobody asks anything, the backup comes.
  world.facts.requests = 0;
  await hours(12);
  expect(world.elapsed_min()).toBeGreaterThanOrEqual(24 * 60);
  expect(world.raised()).toEqual([]);
}

/** A stack that is well, the fault, the alarm in its time, and the mail. */
export async function firesFor(graph: Graph, name: string, { cause, within_min }: Fault): Promise<void> {
  const world = alarmWorld(graph);
  await world.deploy();
  expect(world.raised()).toEqual([]);
  await cause(world);
  for (let minute = 0; minute < within_min && !world.raised().includes(name); minute += 1) await world.minutes(1);
  expect(world.raised()).toContain(name);
  const letters = world.cloud.sns.deliveries().filter(({ subject }) => /^ALARM: /.test(subject));
  const letter = letters.find(({ message }) => message.includes(`Runbook, ${name})`));
  expect(letter).toMatchObject({ protocol: "email", endpoint: "on-call@example.com" });
}
