import { READ_BACK_PAGE_ROWS, REQUEST_TIMEOUT_MS } from "./constants.ts";

/** All usernames that begin with `prefix`, page by page as the API hands them out, duplicates included. */
export async function readBack(
  url: string,
  prefix: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const names: string[] = [];
  let next: string | undefined = `/users?limit=${READ_BACK_PAGE_ROWS}`;
  while (next !== undefined) {
    const page: URL = new URL(next, `${url}/`);
    const response = await fetch(page, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`GET ${page.pathname}${page.search} was answered with status ${response.status}`);
    const rows = (await response.json()) as readonly { readonly username: string }[];
    for (const row of rows) if (row.username.startsWith(prefix)) names.push(row.username);
    next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
  }
  return names;
}
