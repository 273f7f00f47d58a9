import type { GraphResource } from "./graph.ts";

type Values = Readonly<Record<string, unknown>>;

/** Typed reading of a recorded resource's properties; a wrong type is an error that names resource and property. */
export class Properties {
  readonly where: string;
  readonly #values: Values;

  constructor(where: string, values: Values) {
    this.where = where;
    this.#values = values;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(name, "a string");
  }

  optionalText(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    return this.#fail(name, "a string");
  }

  /** Numbers may come as strings: that is how the provider types some of them. */
  number(name: string, fallback?: number): number {
    const value = this.#values[name];
    if (value === undefined || value === null) return fallback ?? this.#fail(name, "a number");
    const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof parsed === "number" && Number.isFinite(parsed) ? parsed : this.#fail(name, "a number");
  }

  optionalNumber(name: string): number | undefined {
    return this.#values[name] === undefined || this.#values[name] === null ? undefined : this.number(name);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#values[name];
    if (value === undefined || value === null) return fallback;
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    return this.#fail(name, "a boolean");
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) return this.#fail(name, "a list of strings");
    return value.map((item) => (typeof item === "string" ? item : this.#fail(name, "a list of strings")));
  }

  textMap(name: string): Readonly<Record<string, string>> {
    const value = this.#values[name] ?? {};
    if (!isRecord(value)) return this.#fail(name, "a map of strings");
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
  }

  child(name: string): Properties | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (!isRecord(value)) return this.#fail(name, "an object");
    return new Properties(`${this.where}.${name}`, value);
  }

  children(name: string): readonly Properties[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) return this.#fail(name, "a list of objects");
    return value.map((item, index) =>
      isRecord(item) ? new Properties(`${this.where}.${name}[${index}]`, item) : this.#fail(name, "a list of objects"),
    );
  }

  raw(name: string): unknown {
    return this.#values[name];
  }

  #fail(name: string, expected: string): never {
    throw new Error(`${this.where}: [${name}] should be ${expected}, but is ${JSON.stringify(this.#values[name])}.`);
  }
}

/** Inputs and outputs of a resource; what AWS computed wins. */
export function propertiesOf(resource: GraphResource): Properties {
  return new Properties(`${resource.type} "${resource.name}"`, { ...resource.inputs, ...resource.outputs });
}

function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
