import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, isIP } from "node:net";
import { checkServerIdentity, connect, createServer } from "node:tls";
import type { Subject } from "@cloudy/twin-model/resource-type.ts";
import { expect, onTestFinished, test } from "vitest";
import { tlsResources } from "../src/program/certificates.ts";

const NOW = new Date();
const HOUR_MS = 3_600_000;

type Values = Readonly<Record<string, unknown>>;

async function compute(type: string, inputs: Values, now = NOW): Promise<Values> {
  const known = tlsResources[`tls:index/${type}`];
  if (known === undefined) throw new Error(`${type} is not known`);
  return await known.computed({ inputs, now } as Subject);
}

async function key(): Promise<unknown> {
  return (await compute("privateKey:PrivateKey", { algorithm: "ECDSA", ecdsaCurve: "P256" }))["privateKeyPem"];
}

async function authority(caPrivateKeyPem: unknown, now = NOW): Promise<Values> {
  return await compute(
    "selfSignedCert:SelfSignedCert",
    {
      privateKeyPem: caPrivateKeyPem,
      isCaCertificate: true,
      subject: { commonName: "Cloudy CA" },
      allowedUses: ["cert_signing", "crl_signing"],
      validityPeriodHours: 48,
    },
    now,
  );
}

async function server(ca: Values, caPrivateKeyPem: unknown) {
  const privateKeyPem = await key();
  const { certRequestPem } = await compute("certRequest:CertRequest", {
    privateKeyPem,
    subject: { commonName: "database" },
    dnsNames: ["database.internal"],
    ipAddresses: ["10.10.10.10"],
  });
  const certificate = await compute("locallySignedCert:LocallySignedCert", {
    certRequestPem,
    caPrivateKeyPem,
    caCertPem: ca["certPem"],
    allowedUses: ["digital_signature", "server_auth"],
    validityPeriodHours: 24,
  });
  return { certificate, privateKeyPem };
}

/** What a client that trusts `ca` says to a server that it knows as `host`. */
async function shake(served: Awaited<ReturnType<typeof server>>, ca: unknown, host: string): Promise<string> {
  const listener = createServer({ cert: String(served.certificate["certPem"]), key: String(served.privateKeyPem) });
  listener.on("tlsClientError", () => undefined);
  listener.listen(0, "127.0.0.1");
  onTestFinished(() => void listener.close());
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  // Connected to by address, and verified as `host`.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = connect({
    port,
    ca: String(ca),
    ...name,
    checkServerIdentity: (_, peer) => checkServerIdentity(host, peer),
  });
  try {
    await once(socket, "secureConnect");
    return "trusted";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

test("A7: a server's certificate is trusted by its CA alone, for its address and name alone", async () => {
  const caKey = await key();
  const ca = await authority(caKey);
  const served = await server(ca, caKey);
  expect(await shake(served, ca["certPem"], "10.10.10.10")).toBe("trusted");
  expect(await shake(served, ca["certPem"], "database.internal")).toBe("trusted");
  expect(await shake(served, ca["certPem"], "10.10.10.11")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  const other = await authority(await key());
  expect(await shake(served, other["certPem"], "10.10.10.10")).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
});

test("A7: a renewed CA keeps its key, so old and new certificates are trusted by old and new CA", async () => {
  const caKey = await key();
  const ca = await authority(caKey, new Date(NOW.getTime() - HOUR_MS));
  const renewed = await authority(caKey);
  expect(renewed["certPem"]).not.toBe(ca["certPem"]);
  expect(await shake(await server(ca, caKey), renewed["certPem"], "10.10.10.10")).toBe("trusted");
  expect(await shake(await server(renewed, caKey), ca["certPem"], "10.10.10.10")).toBe("trusted");
});

test("A7: certificates are what the provider makes: a CA that may sign, a server that may not, both for the hours asked", async () => {
  const caKey = await key();
  const ca = await authority(caKey);
  const { certificate } = await server(ca, caKey);
  const parsed = [ca, certificate].map(({ certPem }) => new X509Certificate(String(certPem)));
  const [root, leaf] = parsed as [X509Certificate, X509Certificate];
  expect([root.ca, leaf.ca]).toEqual([true, false]);
  expect(leaf.checkIssued(root)).toBe(true);
  expect(leaf.subjectAltName).toBe("DNS:database.internal, IP Address:10.10.10.10");
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBe(24 * HOUR_MS);
  expect(certificate["validityEndTime"]).toBe(leaf.validToDate.toISOString());
});

test("what the twin does not make is refused by name", async () => {
  await expect(compute("privateKey:PrivateKey", { algorithm: "RSA", rsaBits: 2048 })).rejects.toThrow(/not of RSA/);
  const inputs = { privateKeyPem: await key(), allowedUses: ["code_signing"], validityPeriodHours: 1 };
  await expect(compute("selfSignedCert:SelfSignedCert", inputs)).rejects.toThrow(/code_signing/);
  expect(tlsResources["random:index/randomId:RandomId"]).toBeUndefined();
});
