import * as aws from "@pulumi/aws";
import { expect, test } from "vitest";
import { PROVIDER_KEYS, parseProvider } from "../settings/provider-settings.ts";
import { preview } from "./preview-engine.ts";
import { devConfig } from "./record.ts";

const parse = (config: Readonly<Record<string, string>>) => parseProvider((key) => config[key], Object.keys(config));

test("R3: every key of the provider's configuration is known, and none that it does not have", () => {
  expect(Object.keys(PROVIDER_KEYS).sort()).toEqual(
    Object.keys(Object.getOwnPropertyDescriptors(aws.config)).filter(isKey).sort(),
  );
});

/** `aws.config` has these two beside its keys. */
function isKey(name: string): boolean {
  return name !== "__esModule" && name !== "requireRegion";
}

test("R3: what the stack says of the account, the role and the tags reaches the provider that makes everything", async () => {
  const { resources, errors } = await preview(
    await devConfig({
      "aws:profile": "shop",
      // As `pulumi config set --path 'aws:allowedAccountIds[0]' 123456789012` leaves it.
      "aws:allowedAccountIds": "[123456789012]",
      "aws:assumeRoles": '[{"roleArn":"arn:aws:iam::123456789012:role/Deploy","sessionName":"cloudy"}]',
      "aws:defaultTags": '{"tags":{"Owner":"web","Stack":"not this one"}}',
      "aws:ignoreTags": '{"keyPrefixes":["backup:"],"keys":["scanned"]}',
      "aws:maxRetries": "7",
      "aws:useFipsEndpoint": "true",
    }),
  );
  expect(errors).toEqual([]);
  const provider = resources.find(({ type }) => type === "pulumi:providers:aws");
  expect(provider?.inputs).toMatchObject({
    region: "eu-west-1",
    profile: "shop",
    allowedAccountIds: '["123456789012"]',
    assumeRoles: '[{"roleArn":"arn:aws:iam::123456789012:role/Deploy","sessionName":"cloudy"}]',
    defaultTags: '{"tags":{"Owner":"web","Stack":"dev","Project":"cloudy"}}',
    ignoreTags: '{"keyPrefixes":["backup:"],"keys":["scanned","cloudy:fences"]}',
    maxRetries: "7",
    useFipsEndpoint: "true",
  });
});

test.each([
  [{ assumeRole: '{"roleArn":"r"}' }, "[aws:assumeRole] is no key of the AWS provider; [aws:assumeRoles] is one."],
  [{ allowedAccounts: "[]" }, "[aws:allowedAccounts] is no key of the AWS provider."],
  [{ allowedAccountIds: "123456789012" }, "a list: pulumi config set --path 'aws:allowedAccountIds[0]' VALUE"],
  [{ assumeRoles: '{"roleArn":"r"}' }, "a list of objects: pulumi config set --path 'aws:assumeRoles[0].NAME' VALUE"],
  [{ defaultTags: "Owner" }, "an object: pulumi config set --path 'aws:defaultTags.NAME' VALUE"],
  [{ insecure: "yes" }, "true or false"],
  [{ maxRetries: "many" }, "a whole number"],
])("R3: %j is refused by name, with what to do", (config: Record<string, string>, sentence) => {
  expect(() => parse(config)).toThrow(sentence);
});
