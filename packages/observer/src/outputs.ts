import { pick, type Static } from "@cloudy/contracts/schema.ts";
import { StackOutputsSchema } from "@cloudy/contracts/stack-outputs.ts";

const NamesSchema = pick(StackOutputsSchema, [
  "databaseRouteTableIds",
  "loadBalancerArn",
  "targetGroupArn",
  "webGroupName",
  "databaseGroupName",
  "virtualIp",
  "highCpuAlarmName",
  "lowCpuAlarmName",
  "failoverLogGroupName",
]);

type Names = Static<typeof NamesSchema>;

/** The stack outputs that say what to look at; alarms that are AWS's own have no name here (see declared.ts). */
export type StackNames = { readonly [Name in keyof Required<Names>]: Names[Name] };

/** Throws an error that names each output which is missing or of the wrong type. */
export function parseOutputs(outputs: Readonly<Record<string, unknown>>): StackNames {
  const reading = NamesSchema.read(outputs);
  if ("faults" in reading) {
    const wrong = reading.faults.map(({ path }) => path);
    throw new Error(`The stack outputs lack [${wrong.join("], [")}]. Deploy this version of the program first.`);
  }
  const { virtualIp, highCpuAlarmName, lowCpuAlarmName } = reading.value;
  return {
    ...reading.value,
    virtualIp: virtualIp.replace(/\/32$/, ""),
    // An output without a value is an empty one.
    highCpuAlarmName: highCpuAlarmName || undefined,
    lowCpuAlarmName: lowCpuAlarmName || undefined,
  };
}
