import type { TwinAnnouncement } from "@cloudy/contracts/twin-announcement.ts";
import type { Application } from "./application.ts";
import type { RunningStack, Twin } from "./twin.ts";

type ShownStack = RunningStack & { readonly pageUrl: string };
type RunningTwin = Omit<Twin, "stacks"> & { readonly stacks: readonly ShownStack[] };

/** What `twin up` prints once everything is ready: one JSON line for tools, or what to try next. */
export function announce(twin: RunningTwin, application: Application, form: "json" | "text"): string {
  const [first] = twin.stacks;
  if (first === undefined) throw new Error("A twin without a stack was announced.");
  return form === "json" ? JSON.stringify(machineReadable(twin, first)) : text(twin, first, application);
}

/** A tool that knows of no stacks finds the first one where the only one has always been. */
function machineReadable(twin: RunningTwin, first: ShownStack): TwinAnnouncement {
  const { connection, clock, stacks } = twin;
  return {
    awsEndpoint: connection.endpoint,
    region: connection.region,
    accountId: twin.accountId,
    accessKeyId: connection.credentials.accessKeyId,
    secretAccessKey: connection.credentials.secretAccessKey,
    loadBalancerUrl: first.loadBalancerUrl,
    pageUrl: first.pageUrl,
    outputs: first.outputs,
    ...tokenOf(first),
    stacks: stacks.map(({ stack, loadBalancerUrl, pageUrl, outputs, token }) => ({
      stack,
      loadBalancerUrl,
      pageUrl,
      outputs,
      ...tokenOf({ token }),
    })),
    clock,
    directory: twin.directory,
    pid: process.pid,
  };
}

function tokenOf({ token }: { readonly token?: string | undefined }): { readonly token?: string } {
  return token === undefined ? {} : { token };
}

function text(twin: RunningTwin, first: ShownStack, { name, examples }: Application): string {
  const { connection, stacks } = twin;
  const { accessKeyId, secretAccessKey } = connection.credentials;
  return `
${name} is up, ${twin.clock.speed} times faster than the clock on the wall.

${stacks.map((stack) => addresses(stack, stacks.length > 1)).join("\n")}
  AWS endpoint   ${connection.endpoint}
  its directory  ${twin.directory}  (each instance's journal.log is there)

Try the service:
${indented(examples(first.loadBalancerUrl))}

Look at it, or break it, with any AWS client:
  export AWS_ENDPOINT_URL=${connection.endpoint} AWS_REGION=${connection.region} \\
    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]' --output text
  aws ec2 terminate-instances --instance-ids i-...

Left to AWS (in the program, but without effect here):
${indented(twin.awsOnly)}

Ctrl-C ends it and leaves nothing behind.`;
}

function addresses({ stack, loadBalancerUrl, pageUrl }: ShownStack, isOneOfSeveral: boolean): string {
  const whose = isOneOfSeveral ? `  (stack ${stack})` : "";
  return `  load balancer  ${loadBalancerUrl}${whose}\n  live page      ${pageUrl}${whose}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
