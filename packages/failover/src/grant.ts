import { createHmac } from "node:crypto";

export interface Grant {
  readonly epoch: number;
  readonly deadHolder: string;
  readonly successor: string;
}

/** HMAC-SHA256 under the shared key (hex) over the version, epoch, dead holder and successor, a line each; hex. */
export function grantMac({ epoch, deadHolder, successor }: Grant, key: string): string {
  const text = `cloudy-grant-v1\n${epoch}\n${deadHolder}\n${successor}`;
  return createHmac("sha256", Buffer.from(key, "hex")).update(text).digest("hex");
}
