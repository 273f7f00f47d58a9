// The policies of the program's roles and resources, with ARNs as AWS would have them: one JSON array on the standard output.
// Each item: the options of the stack, the kind of policy, its name, its document.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Stacks as the twin can record them, each with what changes a role. */
const STACKS = {
  dev: undefined,
  prod: undefined,
  none: "cloudy:nat: none",
  gateway: "cloudy:nat: gateway",
  elsewhere:
    "cloudy:secret: {accountRoleArn: 'arn:aws:iam::210987654321:role/SecretsManagerCloudy', region: us-east-1}",
  tokens: "cloudy:tokensSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:CloudyTokens-AbCdEf'",
};

const RECORD = `
  import { recordProgram } from ${JSON.stringify(join(root, "packages/twin/src/program/record.ts"))};
  const [root, stack] = process.argv.slice(1);
  const { ofType } = await recordProgram(root, stack, { "cloudy:alarmEmail": "on-call@example.com" });
  const found = [
    "aws:iam/rolePolicy:RolePolicy",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
    "aws:sns/topicPolicy:TopicPolicy",
  ].flatMap((type) => ofType(type).map(({ name, inputs }) => ({ type, name, policy: JSON.parse(inputs.policy) })));
  process.stdout.write(JSON.stringify(found), () => process.exit());`;

/** A process records one program only. */
function policiesOf(stack, setting) {
  mkdirSync(join(root, ".build"), { recursive: true });
  const copy = mkdtempSync(join(root, ".build/policies-"));
  try {
    for (const folder of ["infra", "packages"]) symlinkSync(join(root, folder), join(copy, folder));
    cpSync(join(root, "Pulumi.yaml"), join(copy, "Pulumi.yaml"));
    const file = `Pulumi.${stack}.yaml`;
    if (setting === undefined) cpSync(join(root, file), join(copy, file));
    else writeFileSync(join(copy, file), `config:\n  aws:region: eu-west-1\n  ${setting}\n`);
    const flags = ["--input-type=module", "--eval", RECORD, copy, stack];
    return JSON.parse(execFileSync(process.execPath, flags, { encoding: "utf8", maxBuffer: 1e7 }));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const policies = Object.entries(STACKS).flatMap(([stack, setting]) =>
  policiesOf(stack, setting).map((found) => ({ stack, ...found })),
);
console.log(JSON.stringify(policies));
