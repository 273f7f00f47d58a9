/**
 * What AWS tells in sentences and nowhere else. They are AWS's formats, not ours: should AWS reword one, this file is the place
 * that knows it.
 */

/** HistorySummary of an alarm's StateUpdate: `Alarm updated from OK to ALARM` (CloudWatch API, DescribeAlarmHistory). */
export function alarmChangeOf(historySummary: string): { readonly from: string; readonly to: string } | undefined {
  const [, from, to] = /from (\S+) to (\S+)/.exec(historySummary) ?? [];
  return from === undefined || to === undefined ? undefined : { from, to };
}

/**
 * Cause of a scaling activity: `At … a monitor alarm … triggered policy … changing the desired capacity from 2 to 3.  At …`
 * (Amazon EC2 Auto Scaling user guide, "Verify a scaling activity for an Auto Scaling group").
 */
export function capacityChangeOf(cause: string): { readonly from: number; readonly to: number } | undefined {
  const [, from, to] = /changing the desired capacity from (\d+) to (\d+)/.exec(cause) ?? [];
  return from === undefined || to === undefined ? undefined : { from: Number(from), to: Number(to) };
}

/** Description of a scaling activity: `Launching a new EC2 instance: i-…`, `Terminating EC2 instance: i-…` (the same guide). */
export function activityOf(
  description: string,
): { readonly does: "launches" | "terminates"; readonly instanceId: string } | undefined {
  const [, verb, instanceId] = /^(Launching|Terminating)\b.*?(i-[0-9a-f]+)/.exec(description) ?? [];
  if (instanceId === undefined) return undefined;
  return { does: verb === "Launching" ? "launches" : "terminates", instanceId };
}

/** A line that Lambda writes into a function's log itself: `START RequestId: …`, `REPORT RequestId: …` (Lambda developer guide). */
export function isLambdaLine(line: string): boolean {
  return /^(INIT_START|INIT_REPORT|START|END|REPORT|EXTENSION|TELEMETRY)\b/.test(line);
}
