import { createHash } from "node:crypto";
import { UserError } from "@cloudy/command-line";
import type { Account } from "@cloudy/twin-model/resource-type.ts";
import { describeInstanceType, offeringsOf } from "./instance-types.ts";

type Values = Readonly<Record<string, unknown>>;

/** Data sources of programs, by Pulumi's token. */
const DATA_SOURCES: Readonly<Record<string, (inputs: Values, account: Account) => Values>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": (_inputs, { accountId }) => ({
    accountId,
    arn: `arn:aws:iam::${accountId}:root`,
    userId: accountId,
    id: accountId,
  }),
  "aws:index/getRegion:getRegion": (_inputs, { region }) => ({ id: region, name: region, region }),
  "aws:index/getPartition:getPartition": () => ({ id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_inputs, { region }) => ({
    id: region,
    names: ["a", "b", "c"].map((zone) => `${region}${zone}`),
  }),
  "aws:ec2/getInstanceType:getInstanceType": (inputs) => ({
    ...inputs,
    id: inputs["instanceType"],
    ...describeInstanceType(text(inputs["instanceType"])),
  }),
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": (inputs, { region }) => ({
    ...inputs,
    id: region,
    ...offeringsOf(typesAskedFor(inputs), region),
  }),
  "aws:ssm/getParameter:getParameter": (inputs) => ({
    ...inputs,
    id: inputs["name"],
    value: imageOf(text(inputs["name"])),
    type: "String",
    version: 1,
  }),
  // The account is empty before the program runs.
  "aws:secretsmanager/getSecrets:getSecrets": (inputs, { region }) => ({ ...inputs, id: region, names: [], arns: [] }),
  "aws:lambda/getFunctions:getFunctions": (_inputs, { region }) => ({
    id: region,
    functionNames: [],
    functionArns: [],
  }),
  "aws:lb/getLbs:getLbs": (inputs, { region }) => ({ ...inputs, id: region, arns: [] }),
  "aws:cloudwatch/getLogGroups:getLogGroups": (inputs, { region }) => ({
    ...inputs,
    id: region,
    logGroupNames: [],
    arns: [],
  }),
  "aws:ec2/getPrefixList:getPrefixList": (inputs) => ({
    id: "pl-6da54004",
    name: text(inputs["name"]),
    prefixListId: "pl-6da54004",
    cidrBlocks: [],
  }),
};

/** What AWS would answer. Throws UserError for a data source that the twin does not know. */
export function dataSourceResult(token: string, inputs: Values, account: Account): Record<string, unknown> {
  const answer = DATA_SOURCES[token];
  if (answer === undefined) {
    throw new UserError(
      `The twin does not know the data source ${token}. Teach it in packages/twin/src/program/data-sources.ts.`,
    );
  }
  return answer(inputs, account);
}

function typesAskedFor({ filters, locationType }: Values): readonly string[] {
  const [filter, ...more] = Array.isArray(filters) ? filters : [];
  if (filter?.name !== "instance-type" || more.length > 0 || locationType !== "availability-zone") {
    throw new UserError(
      "The twin answers where instance types are offered by zone (locationType availability-zone) and by one filter, instance-type.",
    );
  }
  return filter.values;
}

/** Public AMI parameters name an Amazon Linux 2023 image; anything else is not known here. */
function imageOf(parameter: string): string {
  if (!parameter.startsWith("/aws/service/ami-amazon-linux-latest/al2023-")) {
    throw new UserError(
      `The twin has no value for the SSM parameter ${parameter}: only Amazon Linux 2023 images are known.`,
    );
  }
  return `ami-${createHash("sha1").update(parameter).digest("hex").slice(0, 17)}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
