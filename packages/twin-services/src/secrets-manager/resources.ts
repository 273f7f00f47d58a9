import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Secrets, their versions and policies. */
export const secretsManagerResources: ResourceTypes = {
  "aws:secretsmanager/secret:Secret": {
    reads: ["name", "namePrefix", "description", "policy"],
    awsOnly: { recoveryWindowInDays: "secrets go with the twin" },
    taggable: true,
    uniqueName: {
      taken: (name) => `ResourceExistsException: The operation failed because the secret ${name} already exists.`,
    },
    computed: (s) => {
      const arn = s.arn("secretsmanager", `secret:${s.name}-${s.hex(6)}`);
      return { id: arn, arn, name: s.name };
    },
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    reads: ["secretId", "secretString", "secretBinary", "versionStages"],
    computed: (s) => ({
      id: `${s.text("secretId")}|${s.hex(32)}`,
      arn: s.inputs["secretId"],
      versionId: s.hex(32),
    }),
  },
  // IAM evaluates it.
  "aws:secretsmanager/secretPolicy:SecretPolicy": {
    reads: ["secretArn", "policy"],
    computed: (s) => ({ id: s.text("secretArn") }),
  },
};
