import type { ActivitiesType } from "@aws-sdk/client-auto-scaling";
import type { DescribeAlarmHistoryOutput } from "@aws-sdk/client-cloudwatch";
import { activityOf, alarmChangeOf, capacityChangeOf } from "@cloudy/observer/aws-sentences.ts";
import { expect, test } from "vitest";
import { cloudWorld } from "./cloud-world.ts";

test("W5: what AWS tells in sentences only is told by the twin as those who watch AWS read it", async () => {
  const world = cloudWorld();
  await world.settle();
  world.machines.load = 90;
  await world.clock.advance(180_000);
  world.machines.load = 10;
  await world.clock.advance(900_000);
  const { Activities = [] } = await world.call<ActivitiesType>("auto-scaling", "DescribeScalingActivities", {
    AutoScalingGroupName: "web",
  });
  const read = Activities.map(({ Description = "", Cause = "" }) => {
    return `${activityOf(Description)?.does} ${JSON.stringify(capacityChangeOf(Cause))}`;
  });
  expect(read).toEqual([
    'terminates {"from":3,"to":2}',
    'launches {"from":2,"to":3}',
    'launches {"from":0,"to":2}',
    'launches {"from":0,"to":2}',
  ]);
  const ids = Activities.map(({ Description = "" }) => activityOf(Description)?.instanceId);
  expect(world.cloud.ec2.instances.all().map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  const { AlarmHistoryItems = [] } = await world.call<DescribeAlarmHistoryOutput>(
    "cloudwatch",
    "DescribeAlarmHistory",
    { AlarmName: "cpu-high", HistoryItemType: "StateUpdate" },
  );
  const changes = AlarmHistoryItems.map(({ HistorySummary = "" }) => alarmChangeOf(HistorySummary));
  expect(changes).toContainEqual({ from: "OK", to: "ALARM" });
  expect(changes).not.toContain(undefined);
});
