import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { POSTGRES_PORT } from "./ports.ts";

export interface SecretsArgs {
  readonly name: string;
  readonly recoveryDays: number;
  readonly database: { readonly name: string; readonly user: string; readonly host: string };
}

/** The database's credentials, and the key that signs the failover function's grants. */
export class Secrets extends pulumi.ComponentResource {
  /** `{username, password, host, port, dbname}` */
  readonly database: aws.secretsmanager.Secret;
  /** `{grantKey}`: never readable by the web tier. */
  readonly failover: aws.secretsmanager.Secret;
  /** Resources that must be there before anybody reads. */
  readonly versions: readonly pulumi.Resource[];

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Secrets", name, {}, opts);
    const password = new random.RandomPassword("database", { length: 32, special: false }, { parent: this });
    const grantKey = new random.RandomBytes("grant-key", { length: 32 }, { parent: this });
    const [database, databaseVersion] = this.#createSecret(`${args.name}DB`, args.recoveryDays, {
      username: args.database.user,
      password: password.result,
      host: args.database.host,
      port: POSTGRES_PORT,
      dbname: args.database.name,
    });
    const [failover, failoverVersion] = this.#createSecret(`${args.name}Failover`, args.recoveryDays, {
      grantKey: grantKey.hex,
    });
    this.database = database;
    this.failover = failover;
    this.versions = [databaseVersion, failoverVersion];
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
