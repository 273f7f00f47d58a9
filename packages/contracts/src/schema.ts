/**
 * What a document holds, said once: the schema reads it, and its TypeScript type is `Static<typeof schema>`. Fields that a schema
 * does not know are left out, since whoever wrote them may be newer. Why no library: docs/decisions/0011-schemas-of-contracts.md.
 */

/** What is wrong with the field at `path`, for example `results[0].epoch.number`; an empty path is the document itself. */
export interface Fault {
  readonly path: string;
  /** How a sentence about the field ends: `be a whole number`. */
  readonly must: string;
  readonly got: unknown;
  /** The field is not there, and its name says enough. */
  readonly isMissing?: true;
}

export type Reading<Value> = { readonly value: Value } | { readonly faults: readonly Fault[] };

export interface Schema<out Value> {
  readonly must: string;
  readonly read: (given: unknown) => Reading<Value>;
  /** That the field is missing is told by what it must be, for its name alone would not say. */
  readonly isNamed?: true;
}

interface OptionalSchema<out Value> extends Schema<Value> {
  readonly isOptional: true;
}

export type Static<Of> = Of extends { readonly read: (given: unknown) => Reading<infer Value> } ? Value : never;

type Fields = Readonly<Record<string, Schema<unknown>>>;
type OptionalNames<Of> = { [Name in keyof Of]: Of[Name] extends OptionalSchema<unknown> ? Name : never }[keyof Of];

/** The object that has these fields. */
export type ObjectOf<Of> = {
  readonly [Name in Exclude<keyof Of, OptionalNames<Of>>]: Static<Of[Name]>;
} & { readonly [Name in OptionalNames<Of>]?: Static<Of[Name]> };

export interface ObjectSchema<Of extends Fields> extends Schema<ObjectOf<Of>> {
  readonly fields: Of;
}

/** A value of one kind; `must` ends a sentence about the field. */
export function kind<Value>(must: string, is: (given: unknown) => given is Value): Schema<Value> {
  return { must, read: (given) => (is(given) ? { value: given } : wrong(must, given)) };
}

export const text = kind("be text", (given) => typeof given === "string");
export const filledText = kind(
  "be text that is not empty",
  (given): given is string => typeof given === "string" && given !== "",
);
export const flag = kind("be true or false", (given) => typeof given === "boolean");
export const number = kind("be a number", (given) => typeof given === "number");
export const whole = kind("be a whole number", (given): given is number => Number.isSafeInteger(given));
export const fields = kind("be an object", isObject);

export function oneOf<const Value extends string | number | boolean>(...values: readonly Value[]): Schema<Value> {
  const must = `be ${values.map((value) => JSON.stringify(value)).join(" or ")}`;
  return kind(must, (given): given is Value => values.some((value) => value === given));
}

export function nullable<Value>(schema: Schema<Value>): Schema<Value | null> {
  const must = `be null or ${schema.must.replace(/^be /, "")}`;
  const read = (given: unknown): Reading<Value | null> => {
    if (given === null) return { value: null };
    // A fault of the value as a whole is that it is neither.
    const reading = schema.read(given);
    return mapFaults(reading, (fault) => (fault.path === "" ? { ...fault, must } : fault));
  };
  return { ...schema, must, read };
}

export function list<Value>(of: Schema<Value>): Schema<readonly Value[]> {
  const must = "be a list";
  const read = (given: unknown): Reading<readonly Value[]> => {
    if (!Array.isArray(given)) return wrong(must, given);
    const values: Value[] = [];
    const faults: Fault[] = [];
    for (const [index, item] of given.entries()) {
      const reading = of.read(item);
      if ("value" in reading) values.push(reading.value);
      else faults.push(...reading.faults.map((fault) => below(`[${index}]`, fault)));
    }
    return faults.length === 0 ? { value: values } : { faults };
  };
  return { must, read };
}

export function filledList<Value>(of: Schema<Value>): Schema<readonly Value[]> {
  const must = "be a list that is not empty";
  const items = list(of);
  return { must, read: (given) => (Array.isArray(given) && given.length > 0 ? items.read(given) : wrong(must, given)) };
}

export function object<const Of extends Fields>(of: Of): ObjectSchema<Of> {
  const must = "be an object";
  const read = (given: unknown): Reading<ObjectOf<Of>> => {
    if (!isObject(given)) return wrong(must, given);
    const values: Record<string, unknown> = {};
    const faults: Fault[] = [];
    for (const [name, schema] of Object.entries(of)) {
      const reading = readField(name, schema, given[name]);
      if (reading === undefined) continue;
      if ("value" in reading) values[name] = reading.value;
      else faults.push(...reading.faults);
    }
    return faults.length === 0 ? { value: values as ObjectOf<Of> } : { faults };
  };
  return { must, read, fields: of };
}

/** `undefined`: there is none, and none is needed. */
function readField(name: string, schema: Schema<unknown>, given: unknown): Reading<unknown> | undefined {
  const isOptional = "isOptional" in schema;
  if (given === undefined && isOptional) return undefined;
  const reading = schema.read(given);
  if ("value" in reading) return reading.value === undefined && isOptional ? undefined : reading;
  if (given === undefined && schema.isNamed !== true) {
    return { faults: [{ path: name, must: schema.must, got: given, isMissing: true }] };
  }
  return mapFaults(reading, (fault) => below(name, fault));
}

/** One of several objects, told apart by the value of their field `tag`. */
export function variants<const Of extends readonly ObjectSchema<Fields>[]>(
  tag: string,
  ...of: Of
): Schema<Static<Of[number]>> {
  const tags = of.flatMap((variant) => variant.fields[tag] ?? []);
  const must = `be ${tags.map((schema) => schema.must.replace(/^be /, "")).join(" or ")}`;
  const read = (given: unknown): Reading<unknown> => {
    if (!isObject(given)) return wrong("be an object", given);
    const value = given[tag];
    const variant = of.find(({ fields }) => "value" in (fields[tag]?.read(value) ?? {}));
    if (variant !== undefined) return variant.read(given);
    return { faults: [{ path: tag, must, got: value, ...(value === undefined ? { isMissing: true as const } : {}) }] };
  };
  return { must: "be an object", read: read as (given: unknown) => Reading<Static<Of[number]>> };
}

/** The field may be missing. */
export function optional<Value>(schema: Schema<Value>): OptionalSchema<Value> {
  return { ...schema, isOptional: true };
}

/** Missing or wrong, it counts as `otherwise`: it never costs the rest of the document. */
export function lenient<Value>(schema: Schema<Value>, otherwise: Value): Schema<Value> {
  const read = (given: unknown): Reading<Value> => {
    const reading = schema.read(given);
    return "value" in reading ? reading : { value: otherwise };
  };
  return { must: schema.must, read };
}

/** For people, nothing is decided on it: missing or wrong, it is left out. */
export function informal<Value>(schema: Schema<Value>): OptionalSchema<Value> {
  return optional(lenient<Value | undefined>(schema, undefined) as Schema<Value>);
}

/** What is not known here is handed on with the rest. */
export function open<Of extends Fields>(
  schema: ObjectSchema<Of>,
): Schema<ObjectOf<Of> & Readonly<Record<string, unknown>>> {
  const read = (given: unknown) => {
    const reading = schema.read(given);
    return "value" in reading ? { value: { ...Object(given), ...reading.value } } : reading;
  };
  return { must: schema.must, read };
}

/** Only these fields: a reader that asks for no more than it uses understands other releases too. */
export function pick<Of extends Fields, Name extends keyof Of & string>(
  schema: ObjectSchema<Of>,
  names: readonly Name[],
): ObjectSchema<Pick<Of, Name>> {
  return object(Object.fromEntries(names.map((name) => [name, schema.fields[name]])) as Pick<Of, Name>);
}

function wrong(must: string, got: unknown): { readonly faults: readonly Fault[] } {
  return { faults: [{ path: "", must, got }] };
}

function mapFaults<Value>(reading: Reading<Value>, change: (fault: Fault) => Fault): Reading<Value> {
  return "value" in reading ? reading : { faults: reading.faults.map(change) };
}

function below(name: string, fault: Fault): Fault {
  const separator = fault.path === "" || fault.path.startsWith("[") ? "" : ".";
  return { ...fault, path: `${name}${separator}${fault.path}` };
}

function isObject(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === "object" && given !== null;
}
