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
import { type Access, AwsError, type Caller, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { CURRENT, type Secret, type SecretsManager } from "./secrets-manager.ts";

/** The API of Secrets Manager. */
export function secretsManagerOperations(secrets: SecretsManager): Operations {
  const on =
    (action: string) =>
    (input: { SecretId?: string | undefined }, caller: Caller): readonly Access[] => [
      accessTo(secrets, action, input.SecretId ?? "", caller),
    ];
  return {
    GetSecretValue: operation<GetSecretValueRequest, GetSecretValueResponse>({
      access: (input, caller) => {
        const access = accessTo(secrets, "GetSecretValue", input.SecretId ?? "", caller);
        const stage = input.VersionStage ?? CURRENT;
        return [{ ...access, context: { ...access.context, "secretsmanager:versionstage": stage } }];
      },
      run: (input, caller) => secretValue(secrets.get(input.SecretId ?? "", caller), input),
    }),
    DescribeSecret: operation<DescribeSecretRequest, DescribeSecretResponse>({
      access: on("DescribeSecret"),
      run: (input, caller) => describe(secrets.get(input.SecretId ?? "", caller)),
    }),
    ListSecrets: operation<ListSecretsRequest, ListSecretsResponse>({
      access: () => [{ action: "secretsmanager:ListSecrets", resource: "*" }],
      run: (_input, caller) => ({ SecretList: secrets.visible(caller).map(describe) }),
    }),
    PutSecretValue: operation<PutSecretValueRequest, PutSecretValueResponse>({
      access: on("PutSecretValue"),
      run: (input, caller) => putValue(secrets, secrets.get(input.SecretId ?? "", caller), input),
    }),
  };
}

function accessTo(secrets: SecretsManager, action: string, secretId: string, caller: Caller): Access {
  const secret = secrets.find(secretId, caller);
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

function secretValue(secret: Secret, { VersionId, VersionStage }: GetSecretValueRequest): GetSecretValueResponse {
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

function putValue(secrets: SecretsManager, secret: Secret, input: PutSecretValueRequest): PutSecretValueResponse {
  const { ClientRequestToken: id = randomUUID(), SecretString: text, SecretBinary: binary } = input;
  if ((text === undefined) === (binary === undefined))
    throw new AwsError("InvalidParameterException", "You must provide either SecretString or SecretBinary.");
  const known = secret.versions.find((version) => version.id === id);
  const isRepeat = known?.text === text && Buffer.from(known?.binary ?? []).equals(Buffer.from(binary ?? []));
  if (known && !isRepeat)
    throw new AwsError("ResourceExistsException", `A version with the ID ${id} exists already with other content.`);
  const version = known ?? secrets.put(secret, { id, text, binary, stages: input.VersionStages ?? [CURRENT] });
  return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...version.stages] };
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
