import { AWS_CONNECT_TIMEOUT_MS, AWS_REQUEST_TIMEOUT_MS, ROLE_SESSION_SECONDS } from "./constants.ts";
import type { SecretSource } from "./settings.ts";

const REQUEST_HANDLER = {
  connectionTimeout: AWS_CONNECT_TIMEOUT_MS,
  requestTimeout: AWS_REQUEST_TIMEOUT_MS,
  throwOnRequestTimeout: true,
};

/**
 * Reads the secret with the default credential chain (the instance profile on an instance), or with a role of another
 * account that is assumed first. The SDK is loaded here and not before, so that the server listens sooner.
 */
export async function fetchSecretText(source: SecretSource): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const credentials = source.roleArn === undefined ? undefined : await assumeRole(source.roleArn, source.region);
  const client = new SecretsManagerClient({
    region: source.region,
    requestHandler: REQUEST_HANDLER,
    ...(credentials === undefined ? {} : { credentials }),
  });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: source.secretId }));
    if (SecretString === undefined) throw new Error(`Secret ${source.secretId} has no text: write it as a string.`);
    return SecretString;
  } finally {
    client.destroy();
  }
}

async function assumeRole(roleArn: string, region: string) {
  const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient({ region, requestHandler: REQUEST_HANDLER });
  try {
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: "cloudy-api",
        DurationSeconds: ROLE_SESSION_SECONDS,
      }),
    );
    if (Credentials?.AccessKeyId === undefined || Credentials.SecretAccessKey === undefined) {
      throw new Error(`STS gave no credentials for ${roleArn}.`);
    }
    return {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      ...(Credentials.SessionToken === undefined ? {} : { sessionToken: Credentials.SessionToken }),
    };
  } finally {
    client.destroy();
  }
}
