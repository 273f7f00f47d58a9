import { randomUUID } from "node:crypto";
import type {
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretsRequest,
  ListSecretsResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
} from "@aws-sdk/client-secrets-manager";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph, Supported } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { type Access, AwsError, type Caller, type Operations, operation } from "@cloudy/twin-wire/operation.ts";

export const supported: Supported = {
  "aws:secretsmanager/secret:Secret": ["name", "namePrefix", "description", "policy", "tags"],
  "aws:secretsmanager/secretVersion:SecretVersion": ["secretId", "secretString", "secretBinary", "versionStages"],
};

interface Version {
  readonly id: string;
  readonly created_ms: number;
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
  stages: readonly string[];
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly created_ms: number;
  /** Oldest first. */
  readonly versions: Version[];
}

const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";

/** Secrets Manager with the program's secrets and their versions in memory. */
export class SecretsManager {
  readonly operations: Operations;
  readonly #clock: Clock;
  readonly #secrets: readonly Secret[];

  constructor({ graph, clock }: { readonly graph: Graph; readonly clock: Clock }) {
    this.#clock = clock;
    this.#secrets = graph.ofType("aws:secretsmanager/secret:Secret").map((resource) => {
      const properties = propertiesOf(resource);
      return {
        arn: properties.text("arn"),
        name: properties.text("name"),
        description: properties.optionalText("description"),
        tags: properties.textMap("tags"),
        created_ms: clock.now(),
        versions: [],
      };
    });
    for (const resource of graph.ofType("aws:secretsmanager/secretVersion:SecretVersion")) {
      const properties = propertiesOf(resource);
      const secretId = properties.text("secretId");
      const secret = this.#secrets.find(({ arn, name }) => arn === secretId || name === secretId);
      if (!secret) throw new Error(`${properties.where}: [secretId] ${secretId} is no secret of the program.`);
      const binary = properties.optionalText("secretBinary");
      this.#put(secret, {
        id: randomUUID(),
        text: properties.optionalText("secretString"),
        binary: binary === undefined ? undefined : Buffer.from(binary, "base64"),
        stages: properties.texts("versionStages").length > 0 ? properties.texts("versionStages") : [CURRENT],
      });
    }
    this.operations = this.#operations();
  }

  #operations(): Operations {
    const on =
      (action: string) =>
      (input: { SecretId?: string | undefined }, caller: Caller): readonly Access[] => [
        this.#access(action, input.SecretId ?? "", caller),
      ];
    return {
      GetSecretValue: operation<GetSecretValueRequest, GetSecretValueResponse>({
        access: (input, caller) => {
          const access = this.#access("GetSecretValue", input.SecretId ?? "", caller);
          const stage = input.VersionStage ?? CURRENT;
          return [{ ...access, context: { ...access.context, "secretsmanager:versionstage": stage } }];
        },
        run: (input, caller) => this.#value(this.#find(input.SecretId ?? "", caller), input),
      }),
      DescribeSecret: operation<DescribeSecretRequest, DescribeSecretResponse>({
        access: on("DescribeSecret"),
        run: (input, caller) => describe(this.#find(input.SecretId ?? "", caller)),
      }),
      ListSecrets: operation<ListSecretsRequest, ListSecretsResponse>({
        access: () => [{ action: "secretsmanager:ListSecrets", resource: "*" }],
        run: (_input, caller) => ({ SecretList: this.#visible(caller).map(describe) }),
      }),
      PutSecretValue: operation<PutSecretValueRequest, PutSecretValueResponse>({
        access: on("PutSecretValue"),
        run: (input, caller) => this.#putValue(this.#find(input.SecretId ?? "", caller), input),
      }),
    };
  }

  /** What exists where the request was signed for; other regions' secrets are as good as absent. */
  #visible({ region, accountId }: Caller): readonly Secret[] {
    return this.#secrets.filter(({ arn }) => {
      const [, , , secretRegion, owner] = arn.split(":");
      return owner === accountId && (region === undefined || region === secretRegion);
    });
  }

  /** By full ARN (also of another account), by the ARN without its random suffix, or by name in the caller's account. */
  #lookUp(secretId: string, caller: Caller): Secret | undefined {
    if (!secretId.startsWith("arn:")) return this.#visible(caller).find(({ name }) => name === secretId);
    const inRegion = (arn: string) => caller.region === undefined || arn.split(":")[3] === caller.region;
    return this.#secrets.find(({ arn }) => inRegion(arn) && (arn === secretId || arn.slice(0, -7) === secretId));
  }

  #find(secretId: string, caller: Caller): Secret {
    const secret = this.#lookUp(secretId, caller);
    if (secret) return secret;
    throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }

  #access(action: string, secretId: string, caller: Caller): Access {
    const secret = this.#lookUp(secretId, caller);
    const region = caller.region ?? "*";
    const absent = secretId.startsWith("arn:")
      ? secretId
      : `arn:aws:secretsmanager:${region}:${caller.accountId}:secret:${secretId}`;
    const tags = Object.entries(secret?.tags ?? {}).flatMap(([key, value]) => [
      [`aws:resourcetag/${key}`, value],
      [`secretsmanager:resourcetag/${key}`, value],
    ]);
    return {
      action: `secretsmanager:${action}`,
      resource: secret?.arn ?? absent,
      context: { "secretsmanager:secretid": secretId, ...Object.fromEntries(tags) },
    };
  }

  #value(secret: Secret, { VersionId, VersionStage }: GetSecretValueRequest): GetSecretValueResponse {
    const stage = VersionStage ?? (VersionId === undefined ? CURRENT : undefined);
    const version = secret.versions.find(
      ({ id, stages }) =>
        (VersionId === undefined || id === VersionId) && (stage === undefined || stages.includes(stage)),
    );
    if (!version)
      throw new AwsError(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for ${stage === undefined ? `VersionId: ${VersionId}` : `staging label: ${stage}`}`,
      );
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      VersionStages: [...version.stages],
      CreatedDate: new Date(version.created_ms),
      ...(version.text === undefined ? {} : { SecretString: version.text }),
      ...(version.binary === undefined ? {} : { SecretBinary: version.binary }),
    };
  }

  #putValue(secret: Secret, input: PutSecretValueRequest): PutSecretValueResponse {
    const { ClientRequestToken: id = randomUUID(), SecretString: text, SecretBinary: binary } = input;
    if ((text === undefined) === (binary === undefined))
      throw new AwsError("InvalidParameterException", "You must provide either SecretString or SecretBinary.");
    const known = secret.versions.find((version) => version.id === id);
    const isRepeat = known?.text === text && Buffer.from(known?.binary ?? []).equals(Buffer.from(binary ?? []));
    if (known && !isRepeat)
      throw new AwsError("ResourceExistsException", `A version with the ID ${id} exists already with other content.`);
    const version = known ?? this.#put(secret, { id, text, binary, stages: input.VersionStages ?? [CURRENT] });
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...version.stages] };
  }

  /** A staging label is on one version only; whatever loses AWSCURRENT becomes AWSPREVIOUS. */
  #put(secret: Secret, content: Omit<Version, "created_ms">): Version {
    const wasCurrent = secret.versions.find(({ stages }) => stages.includes(CURRENT));
    const moved = new Set(content.stages);
    if (moved.has(CURRENT)) moved.add(PREVIOUS);
    for (const version of secret.versions) version.stages = version.stages.filter((stage) => !moved.has(stage));
    if (wasCurrent && moved.has(CURRENT)) wasCurrent.stages = [...wasCurrent.stages, PREVIOUS];
    const version = { ...content, created_ms: this.#clock.now() };
    secret.versions.push(version);
    return version;
  }
}

function describe(secret: Secret): DescribeSecretResponse {
  return {
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: new Date(secret.created_ms),
    LastChangedDate: new Date(secret.versions.at(-1)?.created_ms ?? secret.created_ms),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: Object.fromEntries(
      secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, [...stages]]),
    ),
    ...(secret.description === undefined ? {} : { Description: secret.description }),
  };
}
