import type { NormalizedSchema } from "@smithy/core/schema";
import type { WireRequest } from "./exchange.ts";
import type { OperationModel, ServiceModel } from "./model.ts";

/** Which action a REST request means, and the labels of its path (`{FunctionName}`), decoded. */
export interface RestRoute {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The most specific operation of the model whose method, path, literal query and required members fit.
 * `x-id` is a hint that only some SDKs send, so it breaks ties and nothing more.
 */
export function restRoute(request: WireRequest, model: ServiceModel, known: readonly string[]): RestRoute | undefined {
  const query = new URLSearchParams(request.query);
  const bound = new Set(known);
  let best: (RestRoute & { readonly rank: number }) | undefined;
  for (const operation of model.operations.values()) {
    if (operation.http?.method !== request.method) continue;
    const [template = "", literals = ""] = operation.http.uri.split("?");
    const labels = matchPath(template, request.path);
    if (!labels) continue;
    const literal = [...new URLSearchParams(literals)];
    if (
      !literal.every(([name, value]) => name === "x-id" || (value === "" ? query.has(name) : query.get(name) === value))
    )
      continue;
    const required = requiredBindings(operation.input, request, query, { ...labels }, bound);
    if (required === undefined) continue;
    const hinted = literal.some(([name, value]) => name === "x-id" && query.get("x-id") === value);
    const rank = 4 * literal.filter(([name]) => name !== "x-id").length + 4 * required + (hinted ? 2 : 0);
    if (!best || rank > best.rank) best = { operation, labels, rank };
  }
  return best && { operation: best.operation, labels: best.labels };
}

/** `/2015-03-31/functions/{FunctionName}` against a path; `{Key+}` takes slashes too. */
function matchPath(template: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const greedy = template.includes("+}");
  const pattern = template
    .replace(/\/$/, "")
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const label = /^\{([^}+]+)(\+?)\}$/.exec(part);
      if (!label?.[1]) return part.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
      names.push(label[1]);
      return label[2] ? "(.+)" : "([^/]+)";
    })
    .join("");
  const match = new RegExp(`^${pattern}${greedy ? "" : "/?"}$`).exec(path);
  if (!match) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")]));
}

/**
 * How many required query and header members the request carries, or undefined if it lacks one. `bound` are the
 * labels known from elsewhere (S3's bucket), which have to be asked for exactly when they are known.
 */
function requiredBindings(
  input: NormalizedSchema,
  request: WireRequest,
  query: URLSearchParams,
  labels: Readonly<Record<string, string>>,
  bound: ReadonlySet<string>,
): number | undefined {
  let count = 0;
  const asked = new Set<string>();
  if (!input.isStructSchema()) return bound.size === 0 ? 0 : undefined;
  const schema: unknown = input.getSchema();
  const requiredCount = Array.isArray(schema) ? Number(schema[6] ?? 0) : 0;
  for (const [index, [name, member]] of [...input.structIterator()].entries()) {
    const { httpLabel, httpQuery, httpHeader } = member.getMergedTraits();
    if (httpLabel && !(name in labels)) asked.add(name);
    if (index >= requiredCount) continue;
    if (httpQuery && !query.has(httpQuery)) return undefined;
    if (httpHeader && request.headers[httpHeader.toLowerCase()] === undefined) return undefined;
    if (httpQuery || httpHeader) count += 1;
  }
  return asked.size === bound.size && [...asked].every((name) => bound.has(name)) ? count : undefined;
}
