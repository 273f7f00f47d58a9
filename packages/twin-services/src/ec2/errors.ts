import { AwsError } from "@cloudy/twin-wire/operation.ts";

/** EC2's wording of an id that does not exist. */
export function notFound(code: string, kind: string, id: string): never {
  throw new AwsError(code, `The ${kind} ID '${id}' does not exist`);
}

/** A request that lacks what the API requires. */
export function required<Value>(value: Value | undefined, parameter: string): Value {
  if (value === undefined || value === "") {
    throw new AwsError("MissingParameter", `The request must contain the parameter ${parameter}`);
  }
  return value;
}
