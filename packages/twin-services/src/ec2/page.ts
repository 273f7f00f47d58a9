import { AwsError } from "@cloudy/twin-wire/operation.ts";

interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** One page of a list; the token is the position to go on from. */
export function pageOf<Item>(
  items: readonly Item[],
  request: PageRequest,
): { items: Item[]; next: { NextToken?: string } } {
  const start = request.NextToken === undefined ? 0 : Number(request.NextToken);
  if (!Number.isInteger(start) || start < 0) {
    throw new AwsError("InvalidNextToken", `The token '${request.NextToken}' is not one that this API gave out.`);
  }
  const end = request.MaxResults === undefined ? items.length : start + request.MaxResults;
  return { items: items.slice(start, end), next: end < items.length ? { NextToken: String(end) } : {} };
}
