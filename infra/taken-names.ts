import { stackTags } from "@cloudy/contracts/stack-tags.ts";
import * as aws from "@pulumi/aws";
import { type InvokeOptions, RunError } from "@pulumi/pulumi";
import { physicalNames } from "./names.ts";
import { nameOf, type StackIdentity } from "./stack.ts";

type Tags = Readonly<Record<string, string>>;

/** A name that this stack wants and that something has already. */
interface Taken {
  readonly what: string;
  readonly tags: Tags;
}

/**
 * Looks, in a preview too, whether another stack or anybody else has one of the names that this stack asks AWS for. Without
 * it `pulumi up` would find out half-way, one name after the other. Throws one RunError that names them all. What carries this
 * stack's own tags is the stack itself, on a later update. A secret that is deleted but can still be restored is not seen.
 */
export async function refuseTakenNames(identity: StackIdentity, region: string, opts: InvokeOptions): Promise<void> {
  const names = physicalNames(identity);
  const taken = await Promise.all([
    takenSecrets(Object.values(names.secrets), opts),
    takenFunctions(Object.values(names.functions), opts),
    takenLogGroups([...Object.values(names.logGroups), ...Object.values(names.instanceLogGroups)], opts),
    takenLoadBalancers(Object.values(names.loadBalancers), opts),
  ]);
  const own = stackTags(nameOf(identity));
  const foreign = taken.flat().filter(({ tags }) => tags["Project"] !== own.Project || tags["Stack"] !== own.Stack);
  if (foreign.length === 0) return;
  const list = foreign.map(({ what, tags }) => `${what} (${ownerOf(tags)})`).join(", ");
  throw new RunError(
    `Stack ${nameOf(identity)} would make what is there already in ${region}: ${list}. Nothing was created. ` +
      "Set [cloudy:name] to a prefix that no other stack of this account and region has, or remove what is in the way.",
  );
}

function ownerOf({ Project, Stack }: Tags): string {
  return Project === undefined || Stack === undefined ? "of no stack" : `of stack ${Project}/${Stack}`;
}

async function takenSecrets(names: readonly string[], opts: InvokeOptions): Promise<Taken[]> {
  // AWS compares by the beginning.
  const { names: listed } = await aws.secretsmanager.getSecrets(
    { filters: [{ name: "name", values: [...names] }] },
    opts,
  );
  return lookAt(names, listed, async (name) => {
    const { tags } = await aws.secretsmanager.getSecret({ name }, opts);
    return { what: `secret ${name}`, tags };
  });
}

async function takenFunctions(names: readonly string[], opts: InvokeOptions): Promise<Taken[]> {
  const { functionNames } = await aws.lambda.getFunctions({}, opts);
  return lookAt(names, functionNames, async (functionName) => {
    const { tags } = await aws.lambda.getFunction({ functionName }, opts);
    return { what: `function ${functionName}`, tags };
  });
}

async function takenLogGroups(names: readonly string[], opts: InvokeOptions): Promise<Taken[]> {
  const listed = await Promise.all(
    names.map(async (logGroupNamePrefix) => {
      const { logGroupNames } = await aws.cloudwatch.getLogGroups({ logGroupNamePrefix }, opts);
      return logGroupNames;
    }),
  );
  return lookAt(names, listed.flat(), async (name) => {
    const { tags } = await aws.cloudwatch.getLogGroup({ name }, opts);
    return { what: `log group ${name}`, tags };
  });
}

async function takenLoadBalancers(names: readonly string[], opts: InvokeOptions): Promise<Taken[]> {
  const { arns } = await aws.lb.getLbs({}, opts);
  // arn:aws:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<id>
  const nameIn = (arn: string) => arn.split("/")[2] ?? "";
  return lookAt(names, arns.map(nameIn), async (name) => {
    const { tags } = await aws.lb.getLoadBalancer({ name }, opts);
    return { what: `load balancer ${name}`, tags };
  });
}

function lookAt(names: readonly string[], listed: readonly string[], look: (name: string) => Promise<Taken>) {
  return Promise.all(names.filter((name) => listed.includes(name)).map(look));
}
