import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

export interface Clients {
  readonly ec2: EC2Client;
  readonly lambda: LambdaClient;
  readonly secrets: SecretsManagerClient;
  readonly cloudWatch: CloudWatchClient;
}

/** One of each for the life of the function; region and credentials come from Lambda. */
export function createClients(): Clients {
  return {
    ec2: new EC2Client({}),
    lambda: new LambdaClient({}),
    secrets: new SecretsManagerClient({}),
    cloudWatch: new CloudWatchClient({}),
  };
}
