import { randomBytes } from "node:crypto";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Credentials } from "@cloudy/twin-model/identity.ts";
import type { Role } from "./roles.ts";

export interface Session {
  readonly credentials: Credentials;
  readonly role: Role;
  readonly name: string;
  /** The service principal it was opened for; undefined when a caller assumed the role. */
  readonly service: string | undefined;
}

/** EC2 and Lambda hand out credentials for six hours. */
const SERVICE_SESSION_S = 6 * 3600;
/** New ones are handed out this long before the old ones expire, so that clients which refresh early find them. */
const ROTATION_MS = 15 * 60_000;
/** Expired ones are remembered for a while, to tell `expired` from `unknown`. */
const MEMORY_MS = 24 * 3600_000;

/** Temporary credentials of roles; they expire in cloud time. */
export class Sessions {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Session>();
  readonly #ofService = new Map<string, Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(role: Role, name: string, duration_s: number, service?: string): Session {
    this.#forgetOld();
    const credentials: Credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
      sessionToken: randomBytes(48).toString("base64url"),
      expiration_ms: this.#clock.now() + duration_s * 1000,
    };
    const session = { credentials, role, name, service };
    this.#byKey.set(credentials.accessKeyId, session);
    return session;
  }

  /** The current session of a service's principal (an instance, a function), renewed in time. */
  ofService(role: Role, service: string, name: string): Session {
    const key = `${role.arn} ${service} ${name}`;
    const current = this.#ofService.get(key);
    if (current && current.credentials.expiration_ms - this.#clock.now() > ROTATION_MS) return current;
    const session = this.open(role, name, SERVICE_SESSION_S, service);
    this.#ofService.set(key, session);
    return session;
  }

  find(accessKeyId: string): Session | undefined {
    return this.#byKey.get(accessKeyId);
  }

  hasExpired(session: Session): boolean {
    return session.credentials.expiration_ms <= this.#clock.now();
  }

  #forgetOld(): void {
    const horizon_ms = this.#clock.now() - MEMORY_MS;
    for (const [key, session] of this.#byKey)
      if (session.credentials.expiration_ms < horizon_ms) this.#byKey.delete(key);
    for (const [key, session] of this.#ofService)
      if (session.credentials.expiration_ms < horizon_ms) this.#ofService.delete(key);
  }
}
