import { createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA256 of a text under a key (hex), hex. */
export function mac(text: string, key: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(text).digest("hex");
}

/** Whether `given` (hex) is the MAC of the text under `key` (hex); with an empty key nothing is. */
export function isSigned(text: string, given: string, key: string): boolean {
  const expected = Buffer.from(mac(text, key), "hex");
  const bytes = Buffer.from(given, "hex");
  return key !== "" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
