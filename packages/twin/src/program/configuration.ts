import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@cloudy/command-line";
import { parse } from "yaml";

/** One declared key of Pulumi.yaml's config schema. */
interface Declaration {
  readonly type?: string;
  readonly default?: unknown;
  readonly value?: unknown;
}

interface Project {
  readonly name: string;
  readonly main: string;
  readonly declarations: Readonly<Record<string, Declaration>>;
}

export interface StackConfiguration {
  readonly project: string;
  readonly stack: string;
  /** Path of the program's entry point. */
  readonly main: string;
  /** Fully qualified keys (`project:vpcCidr`) to what `pulumi.Config` reads: strings, objects as JSON. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The configuration a `pulumi up --stack <stack>` would run with: defaults of Pulumi.yaml under the values of
 * Pulumi.<stack>.yaml, and under `changes`. Throws UserError for a missing file, an undeclared key or a value of the wrong type.
 */
export function readConfiguration(
  root: string,
  stack: string,
  changes: Readonly<Record<string, string>> = {},
): StackConfiguration {
  const project = readProject(root);
  const stackFile = `Pulumi.${stack}.yaml`;
  if (!existsSync(join(root, stackFile))) {
    throw new UserError(
      `There is no stack "${stack}": ${stackFile} does not exist. Create it or name another --stack.`,
    );
  }
  const given = mapping(readYaml(root, stackFile)["config"], `[config] of ${stackFile}`);
  const values: Record<string, string> = {};
  for (const [key, declaration] of Object.entries(project.declarations)) {
    const fallback = declaration.value ?? declaration.default;
    if (fallback !== undefined) values[qualified(project.name, key)] = plain(fallback);
  }
  for (const [key, value] of Object.entries(given)) {
    const name = qualified(project.name, key);
    if (name.startsWith(`${project.name}:`)) {
      const declaration = declarationOf(project, name);
      if (declaration === undefined) {
        throw new UserError(
          `${stackFile} sets ${name}, which Pulumi.yaml does not declare. Known keys: ${Object.keys(project.declarations).join(", ")}.`,
        );
      }
      checkType(stackFile, name, declaration.type ?? "string", value);
    }
    values[name] = plain(value);
  }
  for (const [key, value] of Object.entries(changes)) {
    const name = qualified(project.name, key);
    if (name.startsWith(`${project.name}:`)) {
      const declaration = declarationOf(project, name);
      if (declaration === undefined) throw new UserError(`${name} is no setting: Pulumi.yaml does not declare it.`);
      checkType("The change", name, declaration.type ?? "string", valueIn(value, declaration.type));
    }
    values[name] = value;
  }
  return { project: project.name, stack, main: join(root, project.main), values };
}

function readProject(root: string): Project {
  const document = readYaml(root, "Pulumi.yaml");
  return {
    name: String(document["name"]),
    main: String(document["main"] ?? "index.ts"),
    declarations: mapping(document["config"], "[config] of Pulumi.yaml") as Readonly<Record<string, Declaration>>,
  };
}

function readYaml(root: string, file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(readFileSync(join(root, file), "utf8"));
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return mapping(document, file);
}

/** Nothing is an empty mapping, as in a file that is all comments; `what` names any other value in the error. */
function mapping(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new UserError(`${what} is ${JSON.stringify(value)}, but must be keys with values.`);
  }
  return value as Record<string, unknown>;
}

/** A change is text; lists and objects are JSON in it, as `pulumi.Config` keeps them. */
function valueIn(text: string, type: string | undefined): unknown {
  if (type !== "array" && type !== "object") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function qualified(project: string, key: string): string {
  return key.includes(":") ? key : `${project}:${key}`;
}

function declarationOf(project: Project, name: string): Declaration | undefined {
  const short = name.slice(project.name.length + 1);
  return project.declarations[short] ?? project.declarations[name];
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function checkType(file: string, name: string, type: string, value: unknown): void {
  const fits: Readonly<Record<string, (v: unknown) => boolean>> = {
    string: (v) => ["string", "number", "boolean"].includes(typeof v),
    integer: (v) => Number.isInteger(typeof v === "string" ? Number(v) : v),
    boolean: (v) => typeof v === "boolean" || v === "true" || v === "false",
    array: Array.isArray,
    object: (v) => typeof v === "object" && v !== null && !Array.isArray(v),
  };
  const check = fits[type];
  if (check !== undefined && !check(value)) {
    throw new UserError(`${file} sets ${name} to ${JSON.stringify(value)}, but Pulumi.yaml declares it as ${type}.`);
  }
}
