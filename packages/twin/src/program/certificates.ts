// @peculiar/x509 resolves its parts by decorators and needs this before it is loaded.
import "reflect-metadata";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type webcrypto } from "node:crypto";
import { UserError } from "@cloudy/command-line";
import type { Computed, ResourceTypes } from "@cloudy/twin-model/resource-type.ts";
import * as x509 from "@peculiar/x509";

type Values = Readonly<Record<string, unknown>>;

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 3_600_000;

/** The provider's names of RFC 5280's usages, as far as a CA and a server need them. */
const KEY_USAGES: Readonly<Record<string, x509.KeyUsageFlags>> = {
  cert_signing: x509.KeyUsageFlags.keyCertSign,
  crl_signing: x509.KeyUsageFlags.cRLSign,
  digital_signature: x509.KeyUsageFlags.digitalSignature,
};
const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  client_auth: x509.ExtendedKeyUsage.clientAuth,
  server_auth: x509.ExtendedKeyUsage.serverAuth,
};

/**
 * Certificates of @pulumi/tls are made while the program is recorded: real keys and real X.509. Throws UserError for a
 * value that this does not know.
 */
export const tlsResources: ResourceTypes = {
  "tls:index/privateKey:PrivateKey": {
    reads: ["algorithm", "ecdsaCurve"],
    computed: ({ inputs }) => privateKey(inputs),
  },
  "tls:index/selfSignedCert:SelfSignedCert": {
    reads: [
      "allowedUses",
      "earlyRenewalHours",
      "isCaCertificate",
      "privateKeyPem",
      "subject.commonName",
      "validityPeriodHours",
    ],
    computed: ({ inputs, now }) => selfSigned(inputs, now),
  },
  "tls:index/certRequest:CertRequest": {
    reads: ["dnsNames", "ipAddresses", "privateKeyPem", "subject.commonName"],
    computed: ({ inputs }) => certificateRequest(inputs),
  },
  "tls:index/locallySignedCert:LocallySignedCert": {
    reads: [
      "allowedUses",
      "caCertPem",
      "caPrivateKeyPem",
      "certRequestPem",
      "earlyRenewalHours",
      "validityPeriodHours",
    ],
    computed: ({ inputs, now }) => locallySigned(inputs, now),
  },
};

function privateKey({ algorithm, ecdsaCurve }: Values): Computed {
  if (algorithm !== "ECDSA" || ecdsaCurve !== "P256") {
    throw new UserError(`The twin makes keys of ECDSA and P256 only, not of ${algorithm} and ${ecdsaCurve}.`);
  }
  const { privateKey: privateKeyPem, publicKey: publicKeyPem } = generateKeyPairSync("ec", {
    namedCurve: ECDSA.namedCurve,
    privateKeyEncoding: { type: "sec1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { id: digest(publicKeyPem), privateKeyPem, publicKeyPem };
}

async function selfSigned(inputs: Values, now: Date): Promise<Computed> {
  const keys = await keyPair(text(inputs, "privateKeyPem"));
  const isCa = inputs["isCaCertificate"] === true;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject(inputs),
    keys,
    signingAlgorithm: ECDSA,
    ...validity(inputs, now),
    extensions: [
      ...(isCa ? [new x509.BasicConstraintsExtension(true, undefined, true)] : []),
      ...usages(inputs),
      ...(isCa ? [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)] : []),
    ],
  });
  return { ...certificateOutputs(certificate), keyAlgorithm: "ECDSA" };
}

async function certificateRequest(inputs: Values): Promise<Computed> {
  const names: x509.JsonGeneralNames = [
    ...list(inputs, "dnsNames").map((value) => ({ type: "dns" as const, value })),
    ...list(inputs, "ipAddresses").map((value) => ({ type: "ip" as const, value })),
  ];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject(inputs),
    keys: await keyPair(text(inputs, "privateKeyPem")),
    signingAlgorithm: ECDSA,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  });
  const certRequestPem = `${request.toString("pem")}\n`;
  return { id: digest(certRequestPem), certRequestPem, keyAlgorithm: "ECDSA" };
}

async function locallySigned(inputs: Values, now: Date): Promise<Computed> {
  const ca = new x509.X509Certificate(text(inputs, "caCertPem"));
  const request = new x509.Pkcs10CertificateRequest(text(inputs, "certRequestPem"));
  const caKeys = await keyPair(text(inputs, "caPrivateKeyPem"));
  const names = request.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: request.subjectName,
    issuer: ca.subjectName,
    publicKey: request.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ECDSA,
    ...validity(inputs, now),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...usages(inputs),
      ...(names === undefined ? [] : [names]),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  return { ...certificateOutputs(certificate), caKeyAlgorithm: "ECDSA" };
}

function certificateOutputs(certificate: x509.X509Certificate): Computed {
  return {
    id: BigInt(`0x${certificate.serialNumber}`).toString(),
    certPem: `${certificate.toString("pem")}\n`,
    readyForRenewal: false,
    validityStartTime: certificate.notBefore.toISOString(),
    validityEndTime: certificate.notAfter.toISOString(),
  };
}

function validity(inputs: Values, now: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: now, notAfter: new Date(now.getTime() + Number(inputs["validityPeriodHours"]) * HOUR_MS) };
}

function usages(inputs: Values): x509.Extension[] {
  const allowed = list(inputs, "allowedUses");
  const unknown = allowed.filter((use) => !(use in KEY_USAGES || use in EXTENDED_KEY_USAGES));
  if (unknown.length > 0) {
    const known = [...Object.keys(KEY_USAGES), ...Object.keys(EXTENDED_KEY_USAGES)].join(", ");
    throw new UserError(`The twin does not know [allowedUses] ${unknown.join(", ")} of a certificate, only ${known}.`);
  }
  const flags = allowed.reduce((all, use) => all | (KEY_USAGES[use] ?? 0), 0);
  const extended = allowed.flatMap((use) => EXTENDED_KEY_USAGES[use] ?? []);
  return [
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
  ];
}

function subject(inputs: Values): x509.JsonName {
  const { commonName } = (inputs["subject"] ?? {}) as { readonly commonName?: string };
  return commonName === undefined ? [] : [{ CN: [commonName] }];
}

async function keyPair(privateKeyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(privateKeyPem);
  const read = (format: "pkcs8" | "spki", der: Buffer, use: webcrypto.KeyUsage) =>
    crypto.subtle.importKey(format, new Uint8Array(der), ECDSA, true, [use]);
  return {
    privateKey: await read("pkcs8", key.export({ type: "pkcs8", format: "der" }), "sign"),
    publicKey: await read("spki", createPublicKey(key).export({ type: "spki", format: "der" }), "verify"),
  };
}

function digest(content: string): string {
  return createHash("sha1").update(content).digest("hex");
}

function text(inputs: Values, property: string): string {
  const value = inputs[property];
  if (typeof value === "string") return value;
  throw new UserError(`A certificate of this program has no [${property}]: it is needed to make it.`);
}

function list(inputs: Values, property: string): readonly string[] {
  const value = inputs[property];
  return Array.isArray(value) ? value.map(String) : [];
}
