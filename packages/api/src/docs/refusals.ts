import { type ProblemStatus, problemResponses } from "../schemas/problem.ts";

/** What stands before the routes in this deployment. */
export interface Doors {
  readonly asksForTokens: boolean;
  readonly limitsRequests: boolean;
}

/** What the document needs to know of a route. */
interface Route {
  /** Without a token and without a limit. */
  readonly isOpen: boolean;
  readonly takesBody: boolean;
}

/** By status, as @fastify/swagger takes them: a JSON schema, or a description with media types. */
export type Responses = Readonly<Record<string, { readonly headers?: object }>>;

/** Answers of the HTTP parser, to any request: see malformed-request.ts. */
const UNREADABLE = [400, 408, 431] as const;

/**
 * All answers of a route: its own, and those that it gets from what stands before it. They are derived here, so that no
 * route can forget one or name one that cannot happen.
 */
export function answersOf(own: Responses, route: Route, doors: Doors): Responses {
  const isGuarded = !route.isOpen;
  const statuses: readonly ProblemStatus[] = [
    ...UNREADABLE,
    500,
    // The tokens themselves may be out of reach.
    ...(isGuarded && doors.asksForTokens ? ([401, 503] as const) : []),
    ...(isGuarded && doors.limitsRequests ? ([429] as const) : []),
    ...(route.takesBody ? ([413, 415] as const) : []),
  ];
  const all: Responses = { ...problemResponses(...statuses), ...own };
  if (!isGuarded || !doors.limitsRequests) return all;
  return Object.fromEntries(Object.entries(all).map(([status, response]) => [status, counted(status, response)]));
}

/** Refused before they are counted. */
const UNCOUNTED: ReadonlySet<string> = new Set(["401", "408", "431"]);

/** With the headers that say how much of the limit is left. The other errors may come before a request is counted, or after. */
function counted(status: string, response: Responses[string]): Responses[string] {
  if (UNCOUNTED.has(status)) return response;
  const header = { type: "integer", minimum: 0, isAlwaysSent: status === "429" || status.startsWith("2") };
  const headers = {
    "x-ratelimit-limit": { ...header, description: "requests a minute" },
    "x-ratelimit-remaining": { ...header, description: "what is left of them" },
    "x-ratelimit-reset": { ...header, description: "seconds until all of them are there again" },
  };
  return { ...response, headers: { ...response.headers, ...headers } };
}
