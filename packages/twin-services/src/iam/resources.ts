import type { Compute, ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** IAM knows no regions. */
function iam(path: string): Compute {
  return (s) => ({ id: s.name, name: s.name, arn: `arn:aws:iam::${s.account.accountId}:${path}/${s.name}` });
}

/** Roles and their policies; a policy of a resource is declared by the resource's service. */
export const iamResources: ResourceTypes = {
  "aws:iam/role:Role": {
    reads: ["name", "namePrefix", "assumeRolePolicy", "inlinePolicies", "managedPolicyArns", "maxSessionDuration"],
    taggable: true,
    uniqueName: { taken: (name) => `EntityAlreadyExists: Role with name ${name} already exists.` },
    computed: iam("role"),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    reads: ["name", "namePrefix", "role", "policy"],
    uniqueName: {
      within: "role",
      taken: () => "PutRolePolicy would not refuse it, but replace the role's other policy",
    },
    computed: (s) => ({ id: `${s.text("role")}:${s.name}`, name: s.name }),
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    reads: ["role", "policyArn"],
    computed: (s) => ({ id: `${s.text("role")}-${s.hex(8)}` }),
  },
  "aws:iam/policy:Policy": {
    reads: ["name", "namePrefix", "policy"],
    uniqueName: {
      taken: (name) => `EntityAlreadyExists: A policy called ${name} already exists. Duplicate names are not allowed.`,
    },
    computed: iam("policy"),
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    reads: ["name", "namePrefix", "role"],
    taggable: true,
    uniqueName: { taken: (name) => `EntityAlreadyExists: Instance Profile ${name} already exists.` },
    computed: iam("instance-profile"),
  },
};
