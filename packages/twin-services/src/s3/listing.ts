/** One page of a bucket's keys. */
export interface Page {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page starts (exclusive), when there is one. */
  readonly next: string | undefined;
}

export interface Listing {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys and common prefixes up to and including this one are left out. */
  readonly after: string;
  readonly keys_max: number;
}

/** Keys in UTF-8 order; those that share the part up to the next delimiter are rolled up into one common prefix. */
export function listPage(keys: readonly string[], { prefix, delimiter, after, keys_max }: Listing): Page {
  const entries = new Map<string, boolean>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    entries.set(cut < 0 ? key : key.slice(0, cut + delimiter.length), cut >= 0);
  }
  const sorted = [...entries]
    .filter(([name]) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = sorted.slice(0, keys_max);
  return {
    keys: page.filter(([, isPrefix]) => !isPrefix).map(([name]) => name),
    commonPrefixes: page.filter(([, isPrefix]) => isPrefix).map(([name]) => name),
    next: sorted.length > page.length ? page.at(-1)?.[0] : undefined,
  };
}
