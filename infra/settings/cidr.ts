/** An IPv4 range as plain numbers: `first` and `last` address, inclusive. */
export interface CidrRange {
  readonly first: number;
  readonly last: number;
}

/** Parses `10.0.0.0/16`. Host bits must be zero, as AWS demands; anything else is undefined. */
export function parseCidr(text: string): CidrRange | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [, ...parts] = match.map(Number);
  const prefix = parts.pop() ?? 33;
  if (prefix > 32 || parts.some((octet) => octet > 255)) return undefined;
  const first = parts.reduce((address, octet) => address * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

export function contains(outer: CidrRange, inner: CidrRange): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(a: CidrRange, b: CidrRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}
