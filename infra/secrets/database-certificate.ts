import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface DatabaseCertificateArgs {
  /** What the stack is called. */
  readonly name: string;
  /** Address that clients know the database by. */
  readonly host: string;
}

/** ECDSA over P-256: every client knows it, and a handshake costs a nano instance next to nothing. */
const KEY = { algorithm: "ECDSA", ecdsaCurve: "P256" };

const YEAR_HOURS = 365 * 24;
/** A server's certificate is renewed by any `pulumi up` of its second year. */
const SERVER_HOURS = { validityPeriodHours: 2 * YEAR_HOURS, earlyRenewalHours: YEAR_HOURS };
/** Renewed while it still outlives every certificate that it may sign. It keeps its key, so clients trust old and new alike. */
const CA_HOURS = { validityPeriodHours: 10 * YEAR_HOURS, earlyRenewalHours: 3 * YEAR_HOURS };

/** A private CA and the certificate that it signed for PostgreSQL. Private keys are in the state, encrypted, and nowhere else. */
export class DatabaseCertificate extends pulumi.ComponentResource {
  /** PEM; for everybody. */
  readonly ca: pulumi.Output<string>;
  /** PEM; for everybody who connects. */
  readonly certificate: pulumi.Output<string>;
  /** PEM; for the database instances alone. */
  readonly key: pulumi.Output<string>;
  /** RFC 3339. */
  readonly expires: pulumi.Output<string>;

  constructor(name: string, args: DatabaseCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:DatabaseCertificate", name, {}, opts);
    const parent = { parent: this };
    const caKey = new tls.PrivateKey("database-ca", KEY, parent);
    const ca = new tls.SelfSignedCert(
      "database-ca",
      {
        privateKeyPem: caKey.privateKeyPem,
        isCaCertificate: true,
        subject: { commonName: `${args.name} database CA` },
        allowedUses: ["cert_signing", "crl_signing"],
        ...CA_HOURS,
      },
      parent,
    );
    const key = new tls.PrivateKey("database", KEY, parent);
    const request = new tls.CertRequest(
      "database",
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: `${args.name} database` },
        ipAddresses: [args.host],
        dnsNames: [`database.${args.name.toLowerCase()}.internal`],
      },
      parent,
    );
    const certificate = new tls.LocallySignedCert(
      "database",
      {
        certRequestPem: request.certRequestPem,
        caCertPem: ca.certPem,
        caPrivateKeyPem: caKey.privateKeyPem,
        allowedUses: ["digital_signature", "server_auth"],
        ...SERVER_HOURS,
      },
      parent,
    );
    this.ca = ca.certPem;
    this.certificate = certificate.certPem;
    this.key = key.privateKeyPem;
    this.expires = certificate.validityEndTime;
    this.registerOutputs({ expires: this.expires });
  }
}
