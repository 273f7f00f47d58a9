/** A value of an event pattern: a literal, or a content filter such as `{"prefix": "Web"}`. */
type Matcher = string | number | boolean | null | Readonly<Record<string, unknown>>;

/**
 * EventBridge's event patterns: every field of the pattern must match; a list means "any of"; a nested object goes
 * deeper. An array in the event matches when any of its elements does.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  if (!isObject(pattern)) throw new Error(`An event pattern must be an object, but is ${JSON.stringify(pattern)}.`);
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === "$or") return Array.isArray(wanted) && wanted.some((choice) => matchesPattern(choice, event));
    const actual = isObject(event) ? event[field] : undefined;
    if (!Array.isArray(wanted)) return matchesPattern(wanted, actual);
    return wanted.some((matcher: Matcher) => matchesAny(matcher, actual));
  });
}

function matchesAny(matcher: Matcher, actual: unknown): boolean {
  if (isObject(matcher) && "exists" in matcher) return (actual !== undefined) === matcher["exists"];
  if (actual === undefined) return false;
  return Array.isArray(actual) ? actual.some((item) => matchesOne(matcher, item)) : matchesOne(matcher, actual);
}

function matchesOne(matcher: Matcher, actual: unknown): boolean {
  if (!isObject(matcher)) return matcher === actual;
  return Object.entries(matcher).every(([operator, operand]) => {
    switch (operator) {
      case "prefix":
        return typeof actual === "string" && actual.startsWith(String(operand));
      case "suffix":
        return typeof actual === "string" && actual.endsWith(String(operand));
      case "equals-ignore-case":
        return typeof actual === "string" && actual.toLowerCase() === String(operand).toLowerCase();
      case "wildcard":
        return typeof actual === "string" && wildcard(String(operand)).test(actual);
      case "anything-but":
        return !(Array.isArray(operand) ? operand : [operand]).some((item: Matcher) => matchesOne(item, actual));
      case "numeric":
        return typeof actual === "number" && Array.isArray(operand) && inRange(operand, actual);
      default:
        throw new Error(`The twin does not know the content filter [${operator}] of event patterns.`);
    }
  });
}

/** `[">", 0, "<=", 5]` */
function inRange(range: readonly unknown[], actual: number): boolean {
  for (let index = 0; index + 1 < range.length; index += 2) {
    const bound = Number(range[index + 1]);
    const holds = {
      "=": actual === bound,
      ">": actual > bound,
      ">=": actual >= bound,
      "<": actual < bound,
      "<=": actual <= bound,
    };
    if (holds[String(range[index]) as keyof typeof holds] !== true) return false;
  }
  return true;
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`, "s");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
