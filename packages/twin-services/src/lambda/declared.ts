import type { FunctionDefinition } from "@cloudy/twin-model/function.ts";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { Ec2 } from "../ec2/ec2.ts";

export interface DeclaredFunction extends Omit<FunctionDefinition, "zipPath"> {
  readonly runtime: string;
  readonly logGroupName: string;
  /** Last part of its log streams' names. */
  readonly streamSuffix: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Further attempts of an asynchronous invocation that failed. */
  readonly retriesMax: number;
  readonly definition: FunctionDefinition;
}

export interface Permission {
  readonly functionName: string;
  readonly principal: string;
  readonly action: string;
  readonly sourceArn: string | undefined;
}

/** Lambda's defaults. */
const timeoutDefault_s = 3;
const memoryDefault_mb = 128;
const retriesDefault = 2;

/** Reads a recorded function and, if it runs in the VPC, makes its interfaces (one a subnet). */
export function declaredFunction(
  resource: GraphResource,
  graph: Graph,
  ec2: Ec2,
  identity: Identity,
  ids: Identifiers,
): DeclaredFunction {
  const properties = propertiesOf(resource);
  const name = properties.text("name");
  const base = {
    name,
    arn: properties.text("arn"),
    handler: properties.text("handler"),
    roleArn: properties.text("role"),
    environment: properties.child("environment")?.textMap("variables") ?? {},
    timeout_s: properties.number("timeout", timeoutDefault_s),
    memory_mb: properties.number("memorySize", memoryDefault_mb),
    vpc: vpcOf(properties, ec2, identity, ids),
  };
  return {
    ...base,
    runtime: properties.text("runtime"),
    logGroupName: `/aws/lambda/${name}`,
    streamSuffix: ids.uuid().replaceAll("-", ""),
    tags: properties.textMap("tags"),
    retriesMax: retriesOf(graph, name, base.arn),
    definition: { ...base, zipPath: zipPathOf(properties) },
  };
}

export function permissionsOf(graph: Graph): readonly Permission[] {
  return graph.ofType("aws:lambda/permission:Permission").map((resource) => {
    const properties = propertiesOf(resource);
    return {
      functionName: properties.text("function"),
      principal: properties.text("principal"),
      action: properties.text("action"),
      sourceArn: properties.optionalText("sourceArn"),
    };
  });
}

function zipPathOf(properties: Properties): string {
  const path = properties.child("code")?.optionalText("path");
  if (path === undefined) throw new Error(`${properties.where}: [code] must be a FileArchive of the function's zip.`);
  return path;
}

function vpcOf(properties: Properties, ec2: Ec2, identity: Identity, ids: Identifiers): FunctionDefinition["vpc"] {
  const declared = properties.child("vpcConfig");
  const subnetIds = declared?.texts("subnetIds") ?? [];
  if (declared === undefined || subnetIds.length === 0) return undefined;
  const name = properties.text("name");
  const { allowed } = identity.roleMay(properties.text("role"), {
    action: "ec2:CreateNetworkInterface",
    resource: ec2.resource("network-interface", "*", {}).resource,
  });
  if (!allowed) {
    throw new Error(
      `Function ${name} cannot be put into the VPC: The provided execution role does not have permissions to call CreateNetworkInterface on EC2`,
    );
  }
  const securityGroupIds = declared.texts("securityGroupIds");
  const interfaceIds = subnetIds.map((subnetId) => {
    const description = `AWS Lambda VPC ENI-${name}-${ids.uuid()}`;
    return ec2.interfaceTable.create({ subnetId, securityGroupIds, description }).id;
  });
  return { subnetIds, securityGroupIds, interfaceIds };
}

function retriesOf(graph: Graph, name: string, functionArn: string): number {
  const configuration = graph
    .ofType("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
    .map((resource) => propertiesOf(resource))
    .find((properties) => [name, functionArn].includes(properties.text("functionName")));
  return configuration?.number("maximumRetryAttempts", retriesDefault) ?? retriesDefault;
}
