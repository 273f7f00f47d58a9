import { RunError } from "@pulumi/pulumi";

/** Reads one config key as Pulumi keeps it: a string, JSON for lists and objects, undefined when it is not set. */
export type ReadConfig = (key: string) => string | undefined;

/** The user's mistake: Pulumi prints a RunError's message without a stack. */
export function wrongSetting(key: string, value: unknown, allowed: string): RunError {
  const name = key.includes(":") ? key : `cloudy:${key}`;
  const shown = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  return new RunError(`[${name}] is ${shown}, but must be ${allowed}.`);
}

/** Typed reading of config values; every method gives the default when the key is not set. */
export class ConfigReader {
  readonly #read: ReadConfig;
  readonly #known = new Set<string>();

  constructor(read: ReadConfig) {
    this.#read = (key) => {
      this.#known.add(key);
      return read(key);
    };
  }

  /** Pulumi passes undeclared keys on, so a mistyped one would quietly leave its setting at the default. */
  refuseUnknown(given: readonly string[]): void {
    const unknown = given.find((key) => !this.#known.has(key));
    if (unknown === undefined) return;
    throw new RunError(`[cloudy:${unknown}] is not a setting of this program. Pulumi.yaml describes them all.`);
  }

  optional(key: string, pattern: RegExp, allowed: string): string | undefined {
    const value = this.#read(key);
    if (value === undefined || value === "") return undefined;
    if (!pattern.test(value)) throw wrongSetting(key, value, allowed);
    return value;
  }

  text(key: string, fallback: string, pattern: RegExp, allowed: string): string {
    return this.optional(key, pattern, allowed) ?? fallback;
  }

  choice<T extends string>(key: string, fallback: T, allowed: readonly T[]): T {
    const value = this.#read(key) ?? fallback;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw wrongSetting(key, value, `one of ${allowed.join(", ")}`);
    return found;
  }

  integer(key: string, fallback: number, min: number, max: number): number {
    const value = this.#read(key);
    if (value === undefined) return fallback;
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw wrongSetting(key, value, `a whole number from ${min} to ${max}`);
    return number;
  }

  list(key: string, fallback: readonly string[], pattern: RegExp, allowed: string): readonly string[] {
    const value = this.#read(key);
    if (value === undefined) return fallback;
    const parsed = parseJson(value);
    if (!Array.isArray(parsed) || parsed.length === 0 || !parsed.every((item) => pattern.test(String(item)))) {
      throw wrongSetting(key, value, `a list of ${allowed}`);
    }
    return parsed.map(String);
  }

  /** An object of optional strings, for example `secret: {accountRoleArn, region}`. */
  record<K extends string>(key: string, fields: Readonly<Record<K, RegExp>>): Readonly<Partial<Record<K, string>>> {
    const value = this.#read(key);
    const allowed = `an object of ${Object.keys(fields).join(", ")}`;
    const parsed = value === undefined ? {} : parseJson(value);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw wrongSetting(key, value, allowed);
    const result: Partial<Record<K, string>> = {};
    for (const [name, item] of Object.entries(parsed)) {
      const field = (Object.keys(fields) as K[]).find((candidate) => candidate === name);
      if (field === undefined) throw wrongSetting(`${key}.${name}`, item, `left out; [cloudy:${key}] is ${allowed}`);
      if (!fields[field].test(String(item))) throw wrongSetting(`${key}.${name}`, item, `like ${fields[field].source}`);
      result[field] = String(item);
    }
    return result;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
