import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const openssl = (args: readonly string[]) => run("openssl", args);
const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A server's certificate and key, as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that signs certificates of servers. */
export interface CertificateAuthority {
  /** Its own certificate, as PEM. */
  readonly ca: string;
  /** @param subjectAltName such as `IP:127.0.0.1` or `DNS:localhost` */
  sign(subjectAltName: string): Promise<Certificate>;
}

export async function createAuthority(): Promise<CertificateAuthority> {
  const own = await inDirectory(async (at) => {
    await openssl([
      "req",
      "-x509",
      ...CURVE,
      "-keyout",
      at("key"),
      "-out",
      at("crt"),
      "-days",
      "2",
      "-subj",
      "/CN=Test CA",
    ]);
    return await readPair(at);
  });
  const sign = (subjectAltName: string) =>
    inDirectory(async (at) => {
      await writeFile(at("ca.crt"), own.certificate);
      await writeFile(at("ca.key"), own.key);
      await writeFile(at("ext"), `subjectAltName=${subjectAltName}\n`);
      await openssl(["req", "-new", ...CURVE, "-keyout", at("key"), "-out", at("csr"), "-subj", "/CN=database"]);
      const signer = [
        "-CA",
        at("ca.crt"),
        "-CAkey",
        at("ca.key"),
        "-CAcreateserial",
        "-extfile",
        at("ext"),
        "-days",
        "2",
      ];
      await openssl(["x509", "-req", "-in", at("csr"), ...signer, "-out", at("crt")]);
      return await readPair(at);
    });
  return { ca: own.certificate, sign };
}

async function readPair(at: (name: string) => string): Promise<Certificate> {
  return { certificate: await readFile(at("crt"), "utf8"), key: await readFile(at("key"), "utf8") };
}

async function inDirectory<Result>(task: (at: (name: string) => string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(os.tmpdir(), "cloudy-ca-"));
  try {
    return await task((name) => join(directory, name));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
