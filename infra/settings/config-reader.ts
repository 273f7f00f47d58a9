import { allowedBy, parseValue, type Text } from "@cloudy/contracts/environment/variable.ts";
import { RunError } from "@pulumi/pulumi";
import type { BirthFact } from "./birth-facts.ts";
import type { Setting, SettingGroup, ValuesOf } from "./setting.ts";

/** Reads one config key as Pulumi keeps it: a string, JSON for lists and objects, undefined when it is not set. */
export type ReadConfig = (key: string) => string | undefined;

/** The user's mistake: Pulumi prints a RunError's message without a stack. */
export function wrongSetting(key: string, value: unknown, allowed: string): RunError {
  const name = key.includes(":") ? key : `cloudy:${key}`;
  const shown = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  return new RunError(`[${name}] is ${shown}, but must be ${allowed}.`);
}

/** Narrower bounds of a number, which follow from the values of keys that are declared before it. */
type Bounds<G extends SettingGroup> = {
  readonly [K in keyof G]?: (values: ValuesOf<G>) => { readonly min?: number; readonly max?: number };
};

/** Reads config values by their declarations. */
export class ConfigReader {
  readonly #read: ReadConfig;
  readonly #known = new Set<string>();
  readonly #birthFacts: BirthFact[] = [];

  constructor(read: ReadConfig) {
    this.#read = read;
  }

  /** The values of a group, its default for each key that is not set; throws at the first that the declaration does not allow. */
  group<G extends SettingGroup>(group: G, bounds: Bounds<G> = {}): ValuesOf<G> {
    const values: Record<string, unknown> = {};
    for (const [key, setting] of Object.entries(group)) {
      this.#known.add(key);
      const declared = { ...setting, ...bounds[key]?.(values as ValuesOf<G>) };
      const value = readValue(key, declared, this.#read(key));
      values[key] = value;
      // Of a list each item is a fact of its own, which whoever knows what it belongs to tells.
      if (setting.birthOnly !== undefined && !Array.isArray(value)) {
        this.#birthFacts.push({ name: key, key: `cloudy:${key}`, value: String(value ?? ""), why: setting.birthOnly });
      }
    }
    return values as ValuesOf<G>;
  }

  /** What a stack is born with, of all groups that were read. */
  birthFacts(): readonly BirthFact[] {
    return this.#birthFacts;
  }

  /** Pulumi passes undeclared keys on, so a mistyped one would quietly leave its setting at the default. */
  refuseUnknown(given: readonly string[]): void {
    const unknown = given.find((key) => !this.#known.has(key));
    if (unknown === undefined) return;
    throw new RunError(`[cloudy:${unknown}] is not a setting of this program. Pulumi.yaml describes them all.`);
  }
}

function readValue(key: string, setting: Setting, given: string | undefined): unknown {
  switch (setting.type) {
    case "fields":
      return fieldsOf(key, setting.fields, given);
    case "list":
      return given === undefined ? setting.default : listOf(key, setting.shape, given);
    case "text":
      // In Pulumi.yaml every key has a default; that of an optional text is "".
      return given === undefined || given === "" ? setting.default : plainValue(key, setting, given);
    default:
      return given === undefined ? setting.default : plainValue(key, setting, given);
  }
}

function plainValue(key: string, setting: Parameters<typeof parseValue>[0], given: string): string | number {
  const value = parseValue(setting, given);
  if (value === undefined) throw wrongSetting(key, given, allowedBy(setting));
  return value;
}

function listOf(key: string, shape: NonNullable<Text["shape"]>, given: string): readonly string[] {
  const parsed = parseJson(given);
  if (!Array.isArray(parsed) || parsed.length === 0 || !parsed.every((item) => shape.pattern.test(String(item)))) {
    throw wrongSetting(key, given, `a list of ${shape.words}`);
  }
  return parsed.map(String);
}

function fieldsOf(key: string, fields: Readonly<Record<string, RegExp>>, given: string | undefined) {
  const parsed = given === undefined ? {} : parseJson(given);
  const allowed = `an object of ${Object.keys(fields).join(", ")}`;
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw wrongSetting(key, given, allowed);
  const result: Record<string, string> = {};
  for (const [name, item] of Object.entries(parsed)) {
    const pattern = fields[name];
    if (pattern === undefined) throw wrongSetting(`${key}.${name}`, item, `left out; [cloudy:${key}] is ${allowed}`);
    if (!pattern.test(String(item))) throw wrongSetting(`${key}.${name}`, item, `like ${pattern.source}`);
    result[name] = String(item);
  }
  return result;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
