import { describe, expect, test } from "vitest";
import { contains, overlaps, parseCidr } from "../settings/cidr.ts";

const range = (text: string) => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no CIDR`);
  return parsed;
};

describe("CIDRs", () => {
  test("are read as their first and last address", () => {
    expect(range("10.0.1.0/24")).toEqual({ first: 167772416, last: 167772671 });
    expect(range("0.0.0.0/0")).toEqual({ first: 0, last: 4294967295 });
    expect(range("255.255.255.255/32")).toEqual({ first: 4294967295, last: 4294967295 });
  });

  test.each(["10.0.0.1/24", "10.0.0.0/33", "10.0.0.256/32", "10.0.0/24", "", "10.0.0.0"])("refuse %j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  test("contain and overlap at their edges only where they share an address", () => {
    expect(contains(range("10.0.0.0/16"), range("10.0.255.0/24"))).toBe(true);
    expect(contains(range("10.0.0.0/16"), range("10.1.0.0/24"))).toBe(false);
    expect(overlaps(range("10.0.0.0/24"), range("10.0.0.128/25"))).toBe(true);
    expect(overlaps(range("10.0.0.0/24"), range("10.0.1.0/24"))).toBe(false);
  });
});
