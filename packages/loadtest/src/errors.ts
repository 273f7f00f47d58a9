export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says "fetch failed" and keeps the reason to itself.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
