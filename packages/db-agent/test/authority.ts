import "reflect-metadata";
import type { ServerSecret } from "@cloudy/contracts/secrets.ts";
import * as x509 from "@peculiar/x509";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 3_600_000;

/** A certification authority of one test. */
export interface Authority {
  readonly ca: string;
  /** A certificate of a server at 127.0.0.1. */
  issue(hours?: number): Promise<ServerSecret>;
}

export async function createAuthority(): Promise<Authority> {
  const own = await crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Authority",
    keys: own,
    signingAlgorithm: ECDSA,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = async (hours = 24_000) => {
    const keys = await crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: "CN=database",
      issuer: root.subjectName,
      publicKey: keys.publicKey,
      signingKey: own.privateKey,
      signingAlgorithm: ECDSA,
      notAfter: new Date(Date.now() + hours * HOUR_MS),
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
    });
    const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    return {
      certificate: certificate.toString("pem"),
      key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    };
  };
  return { ca: root.toString("pem"), issue };
}
