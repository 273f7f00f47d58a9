import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Credentials } from "@cloudy/twin-model/identity.ts";
import type { Authority } from "../src/authority.ts";
import type { Caller } from "../src/operation.ts";

const ACCOUNT = "123456789012";
const LIFETIME_MS = 6 * 3_600_000;

interface Holder {
  readonly credentials: Credentials;
  readonly caller: Caller;
  readonly mayDoAnything: boolean;
}

/** Three callers: a role that may do everything, one that may do nothing, and an administrator, whose key is for good. */
export function smallAuthority(clock: Pick<Clock, "now">) {
  const expiration_ms = clock.now() + LIFETIME_MS;
  const tester = roleNamed("Tester", expiration_ms, true);
  const nobody = roleNamed("Nobody", expiration_ms, false);
  const administrator = operator();
  const holders = new Map([tester, nobody, administrator].map((holder) => [holder.caller.accessKeyId, holder]));
  const authority: Authority = {
    callerOf(accessKeyId, sessionToken) {
      const holder = holders.get(accessKeyId);
      if (holder === undefined || holder.credentials.sessionToken !== sessionToken) {
        return { kind: "unknown", because: `nobody holds the access key ${accessKeyId} with that token.` };
      }
      const { caller, credentials } = holder;
      if (clock.now() >= credentials.expiration_ms) {
        return { kind: "expired", because: `the key of ${caller.arn} was valid until ${credentials.expiration_ms}.` };
      }
      return { kind: "known", caller, secretAccessKey: credentials.secretAccessKey };
    },
    authorize: (caller, { action, resource }) => ({
      allowed: holders.get(caller.accessKeyId)?.mayDoAnything ?? false,
      because: `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`,
    }),
  };
  return {
    authority,
    tester: tester.credentials,
    nobody: nobody.credentials,
    administrator: administrator.credentials,
  };
}

function roleNamed(name: string, expiration_ms: number, mayDoAnything: boolean): Holder {
  const accessKeyId = `ASIA${name.toUpperCase()}`;
  return {
    credentials: { accessKeyId, secretAccessKey: `secret of ${name}`, sessionToken: `token of ${name}`, expiration_ms },
    caller: {
      accessKeyId,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/i-0abc`,
      roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      accountId: ACCOUNT,
      isAdministrator: false,
    },
    mayDoAnything,
  };
}

function operator(): Holder {
  const accessKeyId = "AKIAADMINISTRATOR";
  return {
    credentials: {
      accessKeyId,
      secretAccessKey: "secret of the administrator",
      sessionToken: undefined,
      expiration_ms: Number.POSITIVE_INFINITY,
    },
    caller: {
      accessKeyId,
      arn: `arn:aws:iam::${ACCOUNT}:user/administrator`,
      roleArn: undefined,
      accountId: ACCOUNT,
      isAdministrator: true,
    },
    mayDoAnything: true,
  };
}
