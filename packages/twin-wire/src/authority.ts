import type { Decision } from "@cloudy/twin-model/identity.ts";
import type { Access, Caller } from "./operation.ts";

/** Whose key it is. */
export type KnownKey =
  | { readonly kind: "known"; readonly caller: Caller; readonly secretAccessKey: string }
  | { readonly kind: "unknown"; readonly because: string }
  | { readonly kind: "expired"; readonly because: string };

/** Who signs requests, and what they may do. */
export interface Authority {
  /** The session token belongs to temporary keys; a key with another token than its own is not known. */
  callerOf(accessKeyId: string, sessionToken: string | undefined): KnownKey;
  authorize(caller: Caller, access: Access): Decision;
}
