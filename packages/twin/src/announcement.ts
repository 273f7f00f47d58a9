import type { Twin } from "./twin.ts";

/** What `twin up` prints once everything is ready: one JSON line for tools (docs/contracts.md), or what to try next. */
export function announce(twin: Twin & { readonly pageUrl: string }, form: "json" | "text"): string {
  return form === "json" ? JSON.stringify(machineReadable(twin)) : text(twin);
}

function machineReadable(twin: Twin & { readonly pageUrl: string }): Record<string, unknown> {
  const { connection, clock } = twin;
  return {
    awsEndpoint: connection.endpoint,
    region: connection.region,
    accountId: twin.accountId,
    accessKeyId: connection.credentials.accessKeyId,
    secretAccessKey: connection.credentials.secretAccessKey,
    loadBalancerUrl: twin.loadBalancerUrl,
    pageUrl: twin.pageUrl,
    outputs: twin.outputs,
    clock,
    directory: twin.directory,
    pid: process.pid,
  };
}

function text(twin: Twin & { readonly pageUrl: string }): string {
  const { connection, loadBalancerUrl } = twin;
  const { accessKeyId, secretAccessKey } = connection.credentials;
  return `
Cloudy is up, ${twin.clock.speed} times faster than the clock on the wall.

  load balancer  ${loadBalancerUrl}
  live page      ${twin.pageUrl}
  AWS endpoint   ${connection.endpoint}
  its directory  ${twin.directory}  (each instance's journal.log is there)

Try the service:
  curl ${loadBalancerUrl}/
  curl -X POST -H 'content-type: application/json' -d '{"username":"demo","email":"demo@example.com"}' ${loadBalancerUrl}/users
  curl ${loadBalancerUrl}/users
  curl ${loadBalancerUrl}/load

Look at it, or break it, with any AWS client:
  export AWS_ENDPOINT_URL=${connection.endpoint} AWS_REGION=${connection.region} \\
    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]' --output text
  aws ec2 terminate-instances --instance-ids i-...

Left to AWS (in the program, but without effect here):
${twin.awsOnly.map((line) => `  ${line}`).join("\n")}

Ctrl-C ends it and leaves nothing behind.`;
}
