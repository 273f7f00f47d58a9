/** An IPv4 address as a number, or undefined when the text is not one. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

interface Cidr {
  readonly base: number;
  readonly prefixLength: number;
}

/** `10.0.0.0/16`; a bare address counts as /32. Undefined for anything else (IPv6 ranges, prefix list ids). */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length = "32"] = text.split("/");
  const value = parseIpv4(address);
  const prefixLength = Number(length);
  if (value === undefined || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32) return undefined;
  return { base: Math.floor(value / 2 ** (32 - prefixLength)), prefixLength };
}

export function cidrContains(cidr: string, ip: string): boolean {
  const range = parseCidr(cidr);
  const value = parseIpv4(ip);
  if (range === undefined || value === undefined) return false;
  return Math.floor(value / 2 ** (32 - range.prefixLength)) === range.base;
}

/** Ranges that no internet gateway carries (RFC 1918, RFC 6598, link-local, loopback). */
const PRIVATE_RANGES = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "127.0.0.0/8",
];

export function isPrivateAddress(ip: string): boolean {
  return PRIVATE_RANGES.some((range) => cidrContains(range, ip));
}
