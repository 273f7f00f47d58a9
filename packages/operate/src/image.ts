import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { messageOf, parseOptions, readGiven, UserError } from "@cloudy/command-line";
import { parseOutputs } from "@cloudy/contracts/stack-outputs.ts";
import { nextTaken, withTaken } from "./image-setting.ts";
import { runCommand } from "./run-command.ts";
import { readStackFile, writeStackFile } from "./stack-file.ts";
import { pulumiOutputs } from "./target.ts";

const USAGE = `Usage: pnpm image [latest] [--stack NAME]

Shows which Amazon Linux image the stack's instances start from, and which is the newest. An image stays until it is moved on purpose.

  latest           write into the stack's configuration file that the newest image is to be taken; \`pulumi up\` then makes new
                   launch templates, and \`pnpm roll\` brings them to the instances

Options:
  --stack NAME     the stack (default: dev)
  --help           this text

Exit code 0, or 1 when something cannot be read or written.`;

const OPTIONS = { stack: { type: "string", default: "dev" }, help: { type: "boolean", short: "h" } } as const;

async function image(args: readonly string[]): Promise<number> {
  const wantsLatest = args[0] === "latest";
  const { stack, help } = parseOptions(wantsLatest ? args.slice(1) : args, OPTIONS);
  if (help === true) console.log(USAGE);
  else if (wantsLatest) takeLatest(stack);
  else await show(stack);
  return 0;
}

function takeLatest(stack: string): void {
  const text = readStackFile(stack);
  const taken = nextTaken(text, new Date().toISOString().slice(0, 10));
  const file = writeStackFile(stack, withTaken(text, taken));
  console.log(
    `[cloudy:imageTaken] of ${file} is ${taken}. Next: pulumi up --stack ${stack}, then pnpm roll --stack ${stack}`,
  );
}

async function show(stack: string): Promise<void> {
  const source = `stack ${stack}`;
  const outputs = await pulumiOutputs(stack);
  const { region, imageIds } = readGiven(() => parseOutputs(outputs, source, ["region", "imageIds"]));
  if (imageIds === undefined) throw new UserError(`The ${source} pins no image yet: deploy this release by pulumi up.`);
  const client = new SSMClient({ region });
  try {
    for (const { architecture, id } of imageIds) {
      const name = `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
      const newest = await client.send(new GetParameterCommand({ Name: name })).then(
        ({ Parameter }) => Parameter?.Value ?? "unknown",
        (error: unknown) => `unknown: ${messageOf(error)}`,
      );
      console.log(`${architecture}: ${id}${newest === id ? ", the newest" : `; the newest is ${newest}`}`);
    }
  } finally {
    client.destroy();
  }
}

runCommand(image);
