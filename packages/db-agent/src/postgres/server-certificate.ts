import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { ServerSecret } from "@cloudy/contracts/secrets.ts";
import { CERTIFICATE_WARNING_MS } from "../constants.ts";
import { AgentError, messageOf } from "../errors.ts";
import { log } from "../log.ts";
import type { Means } from "../protocol/means.ts";
import { readText, replaceFile } from "./local-file.ts";

type Certificate = NonNullable<Means["certificate"]>;

/** Local files, so that the key never lies on the shared file system or in its backups. */
export function certificateFiles(stateDir: string): { readonly certificate: string; readonly key: string } {
  return { certificate: join(stateDir, "server.crt"), key: join(stateDir, "server.key") };
}

/**
 * Puts both files in place if they are new; PostgreSQL reads them when it starts or reloads. Throws AgentError for a pair
 * that PostgreSQL could not start with, and leaves the files as they are. Returns from when to when the certificate is good.
 */
export function writeServerCertificate(stateDir: string, pair: ServerSecret, now_ms: number): Certificate {
  const parsed = parse(pair);
  const files = certificateFiles(stateDir);
  const left_ms = parsed.validToDate.getTime() - now_ms;
  if (left_ms < CERTIFICATE_WARNING_MS) {
    log(
      "warn",
      `the server's certificate ends on ${parsed.validTo}: renew it with pulumi up, or clients will refuse it`,
      { code: "certificate-expires" },
    );
  }
  if (readText(files.certificate) === pair.certificate && readText(files.key) === pair.key) return timesOf(parsed);
  replaceFile(files.key, pair.key);
  replaceFile(files.certificate, pair.certificate);
  log("info", `has a server certificate for ${parsed.subjectAltName ?? parsed.subject} until ${parsed.validTo}`, {
    code: "certificate-taken",
  });
  return timesOf(parsed);
}

/** The pair that an earlier agent put in place; `undefined`: there is none that PostgreSQL could start with. */
export function readServerCertificate(stateDir: string): Certificate | undefined {
  const files = certificateFiles(stateDir);
  const [certificate, key] = [readText(files.certificate), readText(files.key)];
  if (certificate === undefined || key === undefined) return undefined;
  try {
    return timesOf(parse({ certificate, key }));
  } catch {
    return undefined;
  }
}

function timesOf({ validFromDate, validToDate }: X509Certificate): Certificate {
  return { beginsAt_ms: validFromDate.getTime(), endsAt_ms: validToDate.getTime() };
}

function parse({ certificate, key }: ServerSecret): X509Certificate {
  let parsed: X509Certificate;
  let belongs: boolean;
  try {
    parsed = new X509Certificate(certificate);
    belongs = parsed.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new AgentError(`the server's certificate or key is not PEM: ${messageOf(error)}`);
  }
  if (!belongs) throw new AgentError("the server's certificate is not of its key: write both anew, in one version");
  return parsed;
}
