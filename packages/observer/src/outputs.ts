/** The stack outputs that say what to look at (docs/contracts.md). */
export interface StackNames {
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly webGroupName: string;
  readonly databaseGroupName: string;
  /** A plain address, without a prefix length. */
  readonly virtualIp: string;
  readonly databaseRouteTableIds: readonly string[];
  /** Absent when the group scales by target tracking, whose alarms are AWS's own. */
  readonly highCpuAlarmName: string | undefined;
  readonly lowCpuAlarmName: string | undefined;
  readonly failoverLogGroupName: string;
}

/** Throws an error that names each output which is missing or of the wrong type. */
export function parseOutputs(outputs: Readonly<Record<string, unknown>>): StackNames {
  const wrong: string[] = [];
  const text = (name: string): string => {
    const value = outputs[name];
    if (typeof value === "string" && value !== "") return value;
    wrong.push(name);
    return "";
  };
  const tables = outputs["databaseRouteTableIds"];
  const databaseRouteTableIds = Array.isArray(tables) ? tables.filter((id) => typeof id === "string") : [];
  if (databaseRouteTableIds.length === 0) wrong.push("databaseRouteTableIds");
  const names: StackNames = {
    loadBalancerArn: text("loadBalancerArn"),
    targetGroupArn: text("targetGroupArn"),
    webGroupName: text("webGroupName"),
    databaseGroupName: text("databaseGroupName"),
    virtualIp: text("virtualIp").replace(/\/32$/, ""),
    databaseRouteTableIds,
    highCpuAlarmName: optionalText(outputs["highCpuAlarmName"]),
    lowCpuAlarmName: optionalText(outputs["lowCpuAlarmName"]),
    failoverLogGroupName: text("failoverLogGroupName"),
  };
  if (wrong.length > 0) {
    throw new Error(`The stack outputs lack [${wrong.join("], [")}]. Deploy this version of the program first.`);
  }
  return names;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
