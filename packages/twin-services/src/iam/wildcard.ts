/** A compiled pattern, or undefined when a policy variable in it has no value (then nothing matches). */
export type Matcher = (text: string) => boolean;

type Variables = (key: string) => string | undefined;

/** `*` and `?` are wildcards; `${key}` and `${key, 'default'}` stand for a context key's value, taken literally. */
export function wildcard(pattern: string, variables: Variables): Matcher | undefined {
  let source = "";
  for (const part of pattern.split(/(\$\{[^}]*\}|[*?])/)) {
    if (part === "*") source += "[^]*";
    else if (part === "?") source += "[^]";
    else if (part.startsWith("${")) {
      const value = variable(part.slice(2, -1), variables);
      if (value === undefined) return undefined;
      source += literal(value);
    } else source += literal(part);
  }
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** `${*}`, `${?}` and `${$}` are the characters themselves. */
function variable(content: string, variables: Variables): string | undefined {
  const [name = "", fallback] = content.split(",").map((part) => part.trim());
  if (name === "*" || name === "?" || name === "$") return name;
  return variables(name.toLowerCase()) ?? fallback?.replace(/^'(.*)'$/, "$1");
}

/** Replaces the variables of a value that is compared literally. */
export function substitute(text: string, variables: Variables): string | undefined {
  let complete = true;
  const result = text.replace(/\$\{([^}]*)\}/g, (_whole, content: string) => {
    const value = variable(content, variables);
    if (value === undefined) complete = false;
    return value ?? "";
  });
  return complete ? result : undefined;
}

/** ARN fields before the resource, which may hold colons itself. */
const ARN_FIELDS = 6;

/**
 * ARNs are compared field by field, so that a wildcard never spans two of the first five; fields missing at the end
 * count as `*`.
 */
export function arnMatcher(pattern: string, variables: Variables): Matcher | undefined {
  if (!pattern.startsWith("arn:")) return wildcard(pattern, variables);
  const wanted = fields(pattern);
  const matchers = Array.from({ length: ARN_FIELDS }, (_, index) => wildcard(wanted[index] ?? "*", variables));
  if (matchers.includes(undefined)) return undefined;
  return (arn) => {
    const actual = fields(arn);
    return actual.length === ARN_FIELDS && matchers.every((matches, index) => matches?.(actual[index] ?? "") ?? false);
  };
}

/** Splits at the first five colons, but not at those inside `${...}`. */
function fields(arn: string): string[] {
  const result = [""];
  let depth = 0;
  for (const character of arn) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (character === ":" && depth === 0 && result.length < ARN_FIELDS) result.push("");
    else result[result.length - 1] += character;
  }
  return result;
}
