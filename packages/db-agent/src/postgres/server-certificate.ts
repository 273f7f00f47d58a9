import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerSecret } from "@cloudy/contracts/secrets.ts";
import { CERTIFICATE_WARNING_MS } from "../constants.ts";
import { AgentError, messageOf } from "../errors.ts";
import { log } from "../log.ts";

/** Local files, so that the key never lies on the shared file system or in its backups. */
export function certificateFiles(stateDir: string): { readonly certificate: string; readonly key: string } {
  return { certificate: join(stateDir, "server.crt"), key: join(stateDir, "server.key") };
}

/**
 * Puts both files in place if they are new; PostgreSQL reads them when it starts or reloads. Throws AgentError for a pair
 * that PostgreSQL could not start with, and leaves the files as they are. Returns when the certificate ends.
 */
export function writeServerCertificate(stateDir: string, pair: ServerSecret, now_ms: number): Date {
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
  if (read(files.certificate) === pair.certificate && read(files.key) === pair.key) return parsed.validToDate;
  replace(files.key, pair.key);
  replace(files.certificate, pair.certificate);
  log("info", `has a server certificate for ${parsed.subjectAltName ?? parsed.subject} until ${parsed.validTo}`, {
    code: "certificate-taken",
  });
  return parsed.validToDate;
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

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** PostgreSQL takes no key that others may read, and must never see half a file. */
function replace(path: string, content: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
