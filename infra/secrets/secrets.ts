import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { POSTGRES_PORT } from "../network/ports.ts";
import { DatabaseCertificate } from "./database-certificate.ts";

export interface SecretsArgs {
  readonly name: string;
  readonly recoveryDays: number;
  readonly database: { readonly name: string; readonly user: string; readonly host: string };
}

/** The database's credentials and certificate, and the key that signs the failover function's grants. */
export class Secrets extends pulumi.ComponentResource {
  /** `{username, password, host, port, dbname, ca}` */
  readonly database: aws.secretsmanager.Secret;
  /** `{certificate, key}`: readable by the database instances alone. */
  readonly server: aws.secretsmanager.Secret;
  /** `{grantKey}`: never readable by the web tier. */
  readonly failover: aws.secretsmanager.Secret;
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
      { name: args.name, host: args.database.host },
      { parent: this },
    );
    const [database, databaseVersion] = this.#createSecret(`${args.name}DB`, args.recoveryDays, {
      username: args.database.user,
      password: password.result,
      host: args.database.host,
      port: POSTGRES_PORT,
      dbname: args.database.name,
      ca: certificate.ca,
    });
    const [server, serverVersion] = this.#createSecret(`${args.name}DBServer`, args.recoveryDays, {
      certificate: certificate.certificate,
      key: certificate.key,
    });
    const [failover, failoverVersion] = this.#createSecret(`${args.name}Failover`, args.recoveryDays, {
      grantKey: grantKey.hex,
    });
    this.database = database;
    this.server = server;
    this.failover = failover;
    this.certificateExpires = certificate.expires;
    this.versions = [databaseVersion, serverVersion, failoverVersion];
    this.registerOutputs({ databaseSecretArn: database.arn });
  }

  #createSecret(
    secretName: string,
    recoveryDays: number,
    value: Readonly<Record<string, pulumi.Input<string | number>>>,
  ): [aws.secretsmanager.Secret, aws.secretsmanager.SecretVersion] {
    const secret = new aws.secretsmanager.Secret(
      secretName,
      { name: secretName, recoveryWindowInDays: recoveryDays },
      { parent: this },
    );
    const version = new aws.secretsmanager.SecretVersion(
      secretName,
      { secretId: secret.id, secretString: pulumi.jsonStringify(value) },
      { parent: this },
    );
    return [secret, version];
  }
}
