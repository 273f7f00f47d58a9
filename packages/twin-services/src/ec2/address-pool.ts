import { AwsError } from "@cloudy/twin-wire/operation.ts";

/** AWS keeps the first four addresses and the last one of every subnet for itself. */
const reservedAtStart = 4;
const reservedAtEnd = 1;

/**
 * Hands out the addresses of a range in order and starts over only at its end: an address that was just freed is the
 * last to be used again, so a new instance is not mistaken for a dead one by its host name.
 */
export class AddressPool {
  readonly cidr: string;
  readonly #base: number;
  readonly #first: number;
  readonly #last: number;
  readonly #taken = new Set<number>();
  #next: number;

  constructor(cidr: string) {
    const range = parseCidr(cidr);
    this.cidr = cidr;
    this.#base = range.base;
    this.#first = reservedAtStart;
    this.#last = range.size - 1 - reservedAtEnd;
    this.#next = this.#first;
  }

  get available(): number {
    return this.#last - this.#first + 1 - this.#taken.size;
  }

  take(): string {
    for (let tried = this.#first; tried <= this.#last; tried += 1) {
      const offset = this.#next;
      this.#next = offset === this.#last ? this.#first : offset + 1;
      if (this.#taken.has(offset)) continue;
      this.#taken.add(offset);
      return formatAddress(this.#base + offset);
    }
    throw new AwsError("InsufficientFreeAddressesInSubnet", `There are no free addresses left in ${this.cidr}.`);
  }

  /** Takes one address that somebody chose. */
  claim(address: string): string {
    const offset = parseAddress(address) - this.#base;
    if (offset < this.#first || offset > this.#last) {
      throw new AwsError("InvalidParameterValue", `Address ${address} does not fall within the subnet's ${this.cidr}.`);
    }
    if (this.#taken.has(offset)) throw new AwsError("InvalidIPAddress.InUse", `The address ${address} is in use.`);
    this.#taken.add(offset);
    return address;
  }

  release(address: string): void {
    this.#taken.delete(parseAddress(address) - this.#base);
  }
}

/** Canonical form of an IPv4 CIDR block; host bits that are set are cleared, as EC2 does. */
export function canonicalCidr(cidr: string): string {
  const { base, bits } = parseCidr(cidr);
  return `${formatAddress(base)}/${bits}`;
}

export function containsAddress(cidr: string, address: string): boolean {
  const { base, size } = parseCidr(cidr);
  const value = parseAddress(address);
  return value >= base && value < base + size;
}

function parseCidr(cidr: string): { base: number; size: number; bits: number } {
  const [address, length] = cidr.split("/");
  const bits = Number(length);
  if (address === undefined || !Number.isInteger(bits) || bits < 0 || bits > 32 || length === "") {
    throw new AwsError("InvalidParameterValue", `Value (${cidr}) is invalid. This is not a valid CIDR block.`);
  }
  const size = 2 ** (32 - bits);
  const value = parseAddress(address);
  return { base: value - (value % size), size, bits };
}

function parseAddress(address: string): number {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new AwsError("InvalidParameterValue", `Value (${address}) is invalid. This is not an IPv4 address.`);
  }
  return parts.reduce((value, part) => value * 256 + part, 0);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
