import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";

/** Where the API is. Without endpoint and credentials the SDK's own defaults apply: AWS and its credential chain. */
export interface Connection {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface Clients {
  readonly autoScaling: AutoScalingClient;
  readonly cloudWatch: CloudWatchClient;
  readonly logs: CloudWatchLogsClient;
  readonly ec2: EC2Client;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  close(): void;
}

export function openClients(connection: Connection): Clients {
  // Two attempts: a poll that fails is polled again soon anyway.
  const settings = { ...connection, maxAttempts: 2 };
  const autoScaling = new AutoScalingClient(settings);
  const cloudWatch = new CloudWatchClient(settings);
  const logs = new CloudWatchLogsClient(settings);
  const ec2 = new EC2Client(settings);
  const loadBalancing = new ElasticLoadBalancingV2Client(settings);
  return {
    autoScaling,
    cloudWatch,
    logs,
    ec2,
    loadBalancing,
    close() {
      for (const client of [autoScaling, cloudWatch, logs, ec2, loadBalancing]) client.destroy();
    },
  };
}
