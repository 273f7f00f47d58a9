import { AwsError } from "@cloudy/twin-wire/operation.ts";

/** What the twin would quietly leave out is refused by its name. */
export function refuseUnknown(what: string, others: object): void {
  const [name] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new AwsError("ValidationError", `The twin does not model ${name} of ${what}.`);
}
