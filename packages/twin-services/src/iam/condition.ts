import { cidrContains } from "@cloudy/twin-model/cidr.ts";
import { arnMatcher, substitute, wildcard } from "./wildcard.ts";

/** One `operator: {key: values}` of a condition block. */
export interface Condition {
  readonly operator: string;
  /** In lower case: condition keys are not case-sensitive. */
  readonly key: string;
  readonly values: readonly string[];
}

/** Condition keys in lower case. A key may hold several values, joined by commas, where IAM says it is multivalued. */
export type Context = Readonly<Record<string, string>>;

/** Whether a value of the request satisfies one value of the policy. */
type Comparison = (actual: string, wanted: string, variables: (key: string) => string | undefined) => boolean;

interface Operator {
  readonly compare: Comparison;
  /** `NotEquals` and its like: true when no value compares equal, and when the key is absent. */
  readonly negated: boolean;
}

const exact = (fold: (text: string) => string): Comparison => {
  return (actual, wanted, variables) => {
    const value = substitute(wanted, variables);
    return value !== undefined && fold(actual) === fold(value);
  };
};

const like: Comparison = (actual, wanted, variables) => wildcard(wanted, variables)?.(actual) ?? false;
const arn: Comparison = (actual, wanted, variables) => arnMatcher(wanted, variables)?.(actual) ?? false;

const numeric =
  (holds: (a: number, b: number) => boolean): Comparison =>
  (actual, wanted) =>
    holds(Number(actual), Number(wanted));

const date =
  (holds: (a: number, b: number) => boolean): Comparison =>
  (actual, wanted) =>
    holds(instant(actual), instant(wanted));

/** ISO 8601 or seconds since the epoch. */
function instant(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

const ipAddress: Comparison = (actual, wanted) => cidrContains(wanted, actual);

const same = (text: string) => text;
const lower = (text: string) => text.toLowerCase();

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { compare: exact(same), negated: false },
  StringNotEquals: { compare: exact(same), negated: true },
  StringEqualsIgnoreCase: { compare: exact(lower), negated: false },
  StringNotEqualsIgnoreCase: { compare: exact(lower), negated: true },
  StringLike: { compare: like, negated: false },
  StringNotLike: { compare: like, negated: true },
  BinaryEquals: { compare: exact(same), negated: false },
  Bool: { compare: exact(lower), negated: false },
  NumericEquals: { compare: numeric((a, b) => a === b), negated: false },
  NumericNotEquals: { compare: numeric((a, b) => a === b), negated: true },
  NumericLessThan: { compare: numeric((a, b) => a < b), negated: false },
  NumericLessThanEquals: { compare: numeric((a, b) => a <= b), negated: false },
  NumericGreaterThan: { compare: numeric((a, b) => a > b), negated: false },
  NumericGreaterThanEquals: { compare: numeric((a, b) => a >= b), negated: false },
  DateEquals: { compare: date((a, b) => a === b), negated: false },
  DateNotEquals: { compare: date((a, b) => a === b), negated: true },
  DateLessThan: { compare: date((a, b) => a < b), negated: false },
  DateLessThanEquals: { compare: date((a, b) => a <= b), negated: false },
  DateGreaterThan: { compare: date((a, b) => a > b), negated: false },
  DateGreaterThanEquals: { compare: date((a, b) => a >= b), negated: false },
  IpAddress: { compare: ipAddress, negated: false },
  NotIpAddress: { compare: ipAddress, negated: true },
  ArnEquals: { compare: arn, negated: false },
  ArnLike: { compare: arn, negated: false },
  ArnNotEquals: { compare: arn, negated: true },
  ArnNotLike: { compare: arn, negated: true },
};

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

export function isOperator(name: string): boolean {
  const base = OPERATOR.exec(name)?.[2] ?? "";
  return name === "Null" || Object.hasOwn(operators, base);
}

/**
 * Whether a condition holds. An absent key fails it, unless the operator is negated, ends in `IfExists`, is `Null`, or
 * asks for all of no values.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function conditionHolds(condition: Condition, context: Context): boolean {
  const value = context[condition.key];
  if (condition.operator === "Null") return condition.values.includes(String(value === undefined));
  const [, quantifier, base = "", ifExists] = OPERATOR.exec(condition.operator) ?? [];
  const operator = operators[base];
  if (!operator) throw new Error(`${condition.operator} is no condition operator of IAM.`);
  if (value === undefined)
    return ifExists !== undefined || quantifier === "ForAllValues" || (operator.negated && quantifier === undefined);
  const variables = (key: string) => context[key];
  const holds = (actual: string) =>
    condition.values.some((wanted) => operator.compare(actual, wanted, variables)) !== operator.negated;
  if (quantifier === undefined) return holds(value);
  return quantifier === "ForAllValues" ? value.split(",").every(holds) : value.split(",").some(holds);
}

/** For people: `StringEquals ec2:resourcetag/database = "true", but it is absent`. */
export function conditionSentence({ operator, key, values }: Condition, context: Context): string {
  const value = context[key];
  const actual = value === undefined ? "it is absent" : `it is "${value}"`;
  return `${operator} ${key} = ${values.map((wanted) => `"${wanted}"`).join(" or ")}, but ${actual}`;
}
