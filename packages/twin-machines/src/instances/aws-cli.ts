import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Agent, type ClientRequestArgs } from "node:http";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { AutoScalingClient, CompleteLifecycleActionCommand } from "@aws-sdk/client-auto-scaling";
import { AttachNetworkInterfaceCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CLI_ATTEMPTS_MAX, CLI_CONNECT_TIMEOUT_MS } from "./constants.ts";
import { CommandFailed, UserDataError } from "./errors.ts";
import type { Machine } from "./machine.ts";

/** `aws s3 cp`, `aws ec2 attach-network-interface` and `aws autoscaling complete-lifecycle-action`, as real API calls from the instance, with its role. */
export async function runAwsCli(argv: readonly string[], machine: Machine): Promise<void> {
  const [service, operation] = argv;
  const call =
    service === "s3" && operation === "cp"
      ? copyFromS3(argv.slice(2), machine)
      : service === "ec2" && operation === "attach-network-interface"
        ? attachInterface(argv.slice(2), machine)
        : service === "autoscaling" && operation === "complete-lifecycle-action"
          ? completeLifecycleAction(argv.slice(2), machine)
          : undefined;
  if (call === undefined) throw new UserDataError(`"aws ${argv.slice(0, 2).join(" ")}" is not modelled by the twin.`);
  try {
    await call;
  } catch (error) {
    if (error instanceof UserDataError) throw error;
    throw new CommandFailed(`aws ${argv.join(" ")}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function copyFromS3(args: readonly string[], machine: Machine): Promise<void> {
  const { positional } = options(args, ["--region"], ["--only-show-errors", "--quiet", "--no-progress"], "s3 cp");
  const [source = "", target = ""] = positional;
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(source) ?? [];
  if (bucket === undefined || key === undefined || !target.startsWith("/")) {
    throw new UserDataError(
      `"aws s3 cp" is modelled from s3://BUCKET/KEY to an absolute path, not "${args.join(" ")}".`,
    );
  }
  const client = new S3Client({ ...clientSettings(machine, "AWS_ENDPOINT_URL_S3"), forcePathStyle: true });
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (Body === undefined) throw new CommandFailed(`${source} has no content`);
    const path = machine.path(target);
    mkdirSync(dirname(path), { recursive: true });
    await writeFile(path, await Body.transformToByteArray());
  } finally {
    client.destroy();
  }
}

async function attachInterface(args: readonly string[], machine: Machine): Promise<void> {
  const names = ["--instance-id", "--device-index", "--network-interface-id", "--region"];
  const { named } = options(args, names, [], "ec2 attach-network-interface");
  const client = new EC2Client(clientSettings(machine, "AWS_ENDPOINT_URL"));
  try {
    await client.send(
      new AttachNetworkInterfaceCommand({
        InstanceId: named["--instance-id"],
        DeviceIndex: Number(named["--device-index"]),
        NetworkInterfaceId: named["--network-interface-id"],
      }),
    );
  } finally {
    client.destroy();
  }
}

async function completeLifecycleAction(args: readonly string[], machine: Machine): Promise<void> {
  const names = ["--auto-scaling-group-name", "--lifecycle-hook-name", "--lifecycle-action-result", "--instance-id"];
  const { named } = options(args, [...names, "--region"], [], "autoscaling complete-lifecycle-action");
  const client = new AutoScalingClient(clientSettings(machine, "AWS_ENDPOINT_URL"));
  try {
    await client.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName: named["--auto-scaling-group-name"],
        LifecycleHookName: named["--lifecycle-hook-name"],
        LifecycleActionResult: named["--lifecycle-action-result"],
        InstanceId: named["--instance-id"],
      }),
    );
  } finally {
    client.destroy();
  }
}

function options(args: readonly string[], valued: readonly string[], flags: readonly string[], command: string) {
  const named: Record<string, string> = {};
  const positional: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    if (valued.includes(argument)) {
      index += 1;
      named[argument] = args[index] ?? "";
    } else if (!argument.startsWith("-")) positional.push(argument);
    else if (!flags.includes(argument)) {
      throw new UserDataError(`"aws ${command}": the option ${argument} is not modelled by the twin.`);
    }
  }
  return { named, positional };
}

/** What an SDK client on the instance finds: its role, and the way through the network. */
export function clientSettings(machine: Machine, endpointVariable: string) {
  const { fabric, identity, region } = machine.surroundings;
  const { id, roleArn } = machine.instance;
  if (roleArn === undefined) throw new CommandFailed("Unable to locate credentials: the instance has no role");
  if (machine.lacks("metadata")) throw new CommandFailed("Unable to locate credentials: the metadata service is away");
  const { accessKeyId, secretAccessKey, sessionToken } = identity.credentialsFor(roleArn, "ec2.amazonaws.com", id);
  return {
    region,
    endpoint: fabric.awsEnvironment()[endpointVariable] ?? "",
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    maxAttempts: CLI_ATTEMPTS_MAX,
    requestHandler: { httpAgent: new InstanceAgent(machine) },
  };
}

/** HTTP connections that the instance makes, by the network's rules. */
class InstanceAgent extends Agent {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    super({ keepAlive: false });
    this.#machine = machine;
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    connected?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const { fabric, clock } = this.#machine.surroundings;
    const limit = new AbortController();
    const cancel = clock.after(CLI_CONNECT_TIMEOUT_MS, () => limit.abort());
    const signal = AbortSignal.any([limit.signal, this.#machine.off.signal]);
    fabric
      .connect(this.#machine.origin, host ?? "", Number(port), signal)
      .then(
        (socket) => {
          socket.allowHalfOpen = false;
          connected?.(null, socket);
        },
        // Node's callback takes the socket last and ignores it beside an error.
        (error: Error) => (connected as ((error: Error) => void) | undefined)?.(error),
      )
      .finally(cancel);
    return undefined;
  }
}
