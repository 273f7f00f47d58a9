import { type Condition, isOperator } from "./condition.ts";

/** A list and whether it is the `Not...` form. */
export interface Scope {
  readonly patterns: readonly string[];
  readonly negated: boolean;
}

export interface Principals {
  readonly aws: readonly string[];
  readonly services: readonly string[];
}

export interface Statement {
  /** The Sid, or `#2` for the second statement without one. */
  readonly sid: string;
  readonly effect: "Allow" | "Deny";
  readonly actions: Scope;
  /** Absent in trust policies. */
  readonly resources: Scope | undefined;
  /** Absent in identity-based policies. */
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
}

export interface Policy {
  /** For people: `inline policy Reader`, `AWS managed policy AmazonSSMManagedInstanceCore`. */
  readonly name: string;
  readonly statements: readonly Statement[];
}

const STATEMENT_ELEMENTS = [
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "Condition",
];

/** Reads a policy document (an object or its JSON). Elements it does not know are refused, never ignored. */
export function parsePolicy(name: string, document: unknown): Policy {
  const parsed: unknown = typeof document === "string" ? JSON.parse(document) : document;
  const statements = list((Object(parsed) as { Statement?: unknown }).Statement);
  if (statements.length === 0) throw new Error(`Policy "${name}" has no statement; give it at least one.`);
  return { name, statements: statements.map((statement, index) => parseStatement(name, statement, index)) };
}

function parseStatement(policy: string, content: unknown, index: number): Statement {
  const statement = Object(content) as Record<string, unknown>;
  const sid = typeof statement["Sid"] === "string" ? statement["Sid"] : `#${index + 1}`;
  const where = `statement ${sid} of policy "${policy}"`;
  const unknown = Object.keys(statement).find((element) => !STATEMENT_ELEMENTS.includes(element));
  if (unknown)
    throw new Error(`The element ${unknown} in ${where} is not modelled; known: ${STATEMENT_ELEMENTS.join(", ")}.`);
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny")
    throw new Error(`Effect in ${where} is ${JSON.stringify(effect)}; it must be Allow or Deny.`);
  const actions = scope(statement, "Action", where);
  if (!actions) throw new Error(`There is neither Action nor NotAction in ${where}.`);
  return {
    sid,
    effect,
    actions,
    resources: scope(statement, "Resource", where),
    principals: statement["Principal"] === undefined ? undefined : principals(statement["Principal"], where),
    conditions: conditions(statement["Condition"], where),
  };
}

function scope(statement: Readonly<Record<string, unknown>>, element: string, where: string): Scope | undefined {
  const negated = statement[`Not${element}`] !== undefined;
  if (negated && statement[element] !== undefined)
    throw new Error(`${element} and Not${element} stand both in ${where}.`);
  const patterns = statement[negated ? `Not${element}` : element];
  return patterns === undefined ? undefined : { patterns: strings(patterns, `${element} in ${where}`), negated };
}

function principals(content: unknown, where: string): Principals {
  if (content === "*") return { aws: ["*"], services: [] };
  const { AWS, Service, ...others } = Object(content) as Record<string, unknown>;
  const other = Object.keys(others)[0];
  if (other) throw new Error(`Principal.${other} in ${where} is not modelled; known: AWS, Service.`);
  return { aws: strings(AWS ?? [], where), services: strings(Service ?? [], where) };
}

function conditions(content: unknown, where: string): readonly Condition[] {
  return Object.entries(Object(content ?? {}) as Record<string, unknown>).flatMap(([operator, keys]) => {
    if (!isOperator(operator)) throw new Error(`${operator} in ${where} is no condition operator of IAM.`);
    return Object.entries(Object(keys) as Record<string, unknown>).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: strings(values, `${operator} in ${where}`),
    }));
  });
}

function strings(content: unknown, where: string): readonly string[] {
  return list(content).map((item) => {
    if (typeof item === "object" || item === undefined)
      throw new Error(`${where} has ${JSON.stringify(item)} where a string is needed.`);
    return String(item);
  });
}

function list(content: unknown): readonly unknown[] {
  if (content === undefined) return [];
  return Array.isArray(content) ? content : [content];
}
