import type { TwinAnnouncement } from "@cloudy/contracts/twin-announcement.ts";
import type { Application } from "./application.ts";
import type { Twin } from "./twin.ts";

type RunningTwin = Twin & { readonly pageUrl: string };

/** What `twin up` prints once everything is ready: one JSON line for tools, or what to try next. */
export function announce(twin: RunningTwin, application: Application, form: "json" | "text"): string {
  return form === "json" ? JSON.stringify(machineReadable(twin)) : text(twin, application);
}

function machineReadable(twin: RunningTwin): Required<TwinAnnouncement> {
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

function text(twin: RunningTwin, { name, examples }: Application): string {
  const { connection, loadBalancerUrl } = twin;
  const { accessKeyId, secretAccessKey } = connection.credentials;
  return `
${name} is up, ${twin.clock.speed} times faster than the clock on the wall.

  load balancer  ${loadBalancerUrl}
  live page      ${twin.pageUrl}
  AWS endpoint   ${connection.endpoint}
  its directory  ${twin.directory}  (each instance's journal.log is there)

Try the service:
${indented(examples(loadBalancerUrl))}

Look at it, or break it, with any AWS client:
  export AWS_ENDPOINT_URL=${connection.endpoint} AWS_REGION=${connection.region} \\
    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]' --output text
  aws ec2 terminate-instances --instance-ids i-...

Left to AWS (in the program, but without effect here):
${indented(twin.awsOnly)}

Ctrl-C ends it and leaves nothing behind.`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
