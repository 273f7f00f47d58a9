/** The wire hands over the body as it came. */
export function bodyOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

export function tagsIn(header: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(header ?? ""));
}
