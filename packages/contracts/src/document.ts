import type { Fault, Reading, Schema } from "./schema.ts";

/** A schema with the name of what it describes, as errors call it. */
export interface Document<out Value> extends Schema<Value> {
  readonly called: string;
}

/** A document is not what it should be: the message names it, where it came from, and each field that is missing or wrong. */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

export function document<Of extends Schema<unknown>>(called: string, schema: Of): Of & { readonly called: string } {
  return { ...schema, called };
}

/** Throws a ContractError when it is something else. `source` says where it came from. */
export function parse<Value>(of: Document<Value>, given: unknown, source: string): Value {
  const reading = of.read(given);
  if ("value" in reading) return reading.value;
  throw new ContractError(`${source} is no ${of.called}: ${whyNot(reading)}`);
}

/** As `parse`, from the document's text. */
export function parseJson<Value>(of: Document<Value>, json: string, source: string): Value {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (error) {
    throw new ContractError(`${source} is no ${of.called}: it is not JSON (${String(error)})`);
  }
  return parse(of, given, source);
}

/** For messages of strangers: `undefined` if it is none. */
export function tryParseJson<Value>(of: Schema<Value>, json: string): Value | undefined {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return undefined;
  }
  const reading = of.read(given);
  return "value" in reading ? reading.value : undefined;
}

/** For example `it lacks [finishedAt]; [bytes] must be a number, got "12"`. */
export function whyNot({ faults }: Extract<Reading<unknown>, { faults: unknown }>): string {
  const missing = faults.filter(({ isMissing }) => isMissing).map(({ path }) => `[${path}]`);
  const wrong = faults.filter(({ isMissing }) => !isMissing);
  return [...(missing.length === 0 ? [] : [`it lacks ${missing.join(", ")}`]), ...wrong.map(sentence)].join("; ");
}

function sentence({ path, must, got }: Fault): string {
  const json = JSON.stringify(got) ?? "nothing";
  const shown = json.length > SHOWN_MAX ? `${json.slice(0, SHOWN_MAX)}…` : json;
  return `${path === "" ? "it" : `[${path}]`} must ${must}, got ${shown}`;
}

/** Enough of a value to recognise it in a log line. */
const SHOWN_MAX = 100;
