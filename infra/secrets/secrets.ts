import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { PhysicalNames } from "../names.ts";
import { POSTGRES_PORT } from "../network/ports.ts";
import { DatabaseCertificate } from "./database-certificate.ts";

export interface SecretsArgs {
  /** What the certificate says whose it is. */
  readonly label: string;
  readonly names: PhysicalNames["secrets"];
  readonly recoveryDays: number;
  readonly database: { readonly name: string; readonly user: string; readonly host: string };
}

/**
 * The label of the credentials' first version. AWS makes the first version of a secret the current one whatever its labels are,
 * and no later one that does not ask for it. So even a version that Pulumi lost and writes again never becomes the current one;
 * and a version that has a label is not thrown away by AWS once passwords were rotated twice.
 */
const BIRTH_STAGE = "BIRTH";

/** The database's credentials and certificate, and the key that signs the failover function's grants. */
export class Secrets extends pulumi.ComponentResource {
  /** `{username, password, host, port, dbname, ca}` as they were at the stack's birth; from then on people rotate the password. */
  readonly database: aws.secretsmanager.Secret;
  /** `{certificate, key}`: readable by the database instances alone. */
  readonly server: aws.secretsmanager.Secret;
  /** `{grantKey}`: never readable by the web tier. */
  readonly failover: aws.secretsmanager.Secret;
  /** PEM of the authority that signs the database's certificate, as it is now. */
  readonly certificateAuthority: pulumi.Output<string>;
  /** When clients would begin to refuse the database's certificate, as RFC 3339. */
  readonly certificateExpires: pulumi.Output<string>;
  /** Resources that must be there before anybody reads. */
  readonly versions: readonly pulumi.Resource[];

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Secrets", name, {}, opts);
    const password = new random.RandomPassword("database", { length: 32, special: false }, { parent: this });
    const grantKey = new random.RandomBytes("grant-key", { length: 32 }, { parent: this });
    const certificate = new DatabaseCertificate(
      "database-certificate",
      { name: args.label, host: args.database.host },
      { parent: this },
    );
    const database = this.#createSecret("CloudyDB", args.names.database, args.recoveryDays);
    const databaseVersion = new aws.secretsmanager.SecretVersion(
      "CloudyDB",
      {
        secretId: database.id,
        secretString: pulumi.jsonStringify({
          username: args.database.user,
          password: password.result,
          host: args.database.host,
          port: POSTGRES_PORT,
          dbname: args.database.name,
          ca: certificate.ca,
        }),
        versionStages: [BIRTH_STAGE],
      },
      // A rotated password must never go back: no change of the address or the authority writes a version.
      { parent: this, ignoreChanges: ["secretString", "versionStages"] },
    );
    // These two follow the program's state, which alone renews them: a new certificate must reach PostgreSQL.
    const server = this.#createSecret("CloudyDBServer", args.names.server, args.recoveryDays);
    const serverVersion = this.#writeVersion("CloudyDBServer", server, {
      certificate: certificate.certificate,
      key: certificate.key,
    });
    const failover = this.#createSecret("CloudyFailover", args.names.failover, args.recoveryDays);
    const failoverVersion = this.#writeVersion("CloudyFailover", failover, { grantKey: grantKey.hex });
    this.database = database;
    this.server = server;
    this.failover = failover;
    this.certificateAuthority = certificate.ca;
    this.certificateExpires = certificate.expires;
    this.versions = [databaseVersion, serverVersion, failoverVersion];
    this.registerOutputs({ databaseSecretArn: database.arn });
  }

  #createSecret(name: string, secretName: string, recoveryDays: number): aws.secretsmanager.Secret {
    return new aws.secretsmanager.Secret(
      name,
      { name: secretName, recoveryWindowInDays: recoveryDays },
      { parent: this },
    );
  }

  #writeVersion(
    name: string,
    secret: aws.secretsmanager.Secret,
    value: Readonly<Record<string, pulumi.Input<string>>>,
  ): aws.secretsmanager.SecretVersion {
    return new aws.secretsmanager.SecretVersion(
      name,
      { secretId: secret.id, secretString: pulumi.jsonStringify(value) },
      { parent: this },
    );
  }
}
