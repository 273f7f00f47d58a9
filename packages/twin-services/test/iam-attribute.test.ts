import { manualClock } from "@cloudy/twin-model/clock.ts";
import { expect, test } from "vitest";
import { Iam } from "../src/iam/iam.ts";
import { cloudWorld } from "./cloud-world.ts";
import { graphOf, role, roleArn } from "./wire-graph.ts";

/** As the failover function's own: one attribute, on this stack's databases only. */
const statement = {
  Sid: "DisableSourceDestCheck",
  Effect: "Allow",
  Action: "ec2:ModifyInstanceAttribute",
  Resource: "arn:aws:ec2:eu-west-1:123456789012:instance/*",
  Condition: {
    StringEquals: { "ec2:ResourceTag/database": "true" },
    StringEqualsIgnoreCase: { "ec2:Attribute": "SourceDestCheck" },
  },
};
const toOff = { ...statement, Condition: { StringEquals: { "ec2:Attribute/SourceDestCheck": "false" } } };

async function judge(granted: Readonly<Record<string, unknown>>) {
  const world = cloudWorld();
  await world.settle();
  const iam = new Iam({ graph: graphOf(...role("Failover", [granted])), clock: manualClock() });
  const find = (isDatabase: boolean) =>
    world.cloud.ec2.instances.all().find(({ tags }) => (tags["database"] === "true") === isDatabase)!.id;
  const may = (InstanceId: string, attributes: object) =>
    world
      .access("ec2", "ModifyInstanceAttribute", { InstanceId, ...attributes })
      .every((access) => iam.roleMay(roleArn("Failover"), access).allowed);
  return { may, database: find(true), web: find(false) };
}

test("F7: who may change SourceDestCheck may change no other attribute of the same instance", async () => {
  const { may, database, web } = await judge(statement);
  expect(may(database, { SourceDestCheck: { Value: false } })).toBe(true);
  expect(may(database, { Attribute: "sourceDestCheck", Value: "false" })).toBe(true);
  expect(may(web, { SourceDestCheck: { Value: false } })).toBe(false);
  for (const other of [
    { Groups: ["sg-web"] },
    { UserData: { Value: Buffer.from("#!/bin/sh") } },
    { Attribute: "userData", Value: "IyEvYmluL3No" },
    { InstanceType: { Value: "t3.large" } },
    { DisableApiTermination: { Value: true } },
    { InstanceInitiatedShutdownBehavior: { Value: "terminate" } },
    { SourceDestCheck: { Value: false }, UserData: { Value: Buffer.from("#!/bin/sh") } },
    {},
  ]) {
    expect(may(database, other), JSON.stringify(other)).toBe(false);
  }
});

test("F7: a policy may also name the attribute's new value", async () => {
  const { may, database } = await judge(toOff);
  expect(may(database, { SourceDestCheck: { Value: false } })).toBe(true);
  expect(may(database, { SourceDestCheck: { Value: true } })).toBe(false);
});
