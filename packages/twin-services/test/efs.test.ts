import { expect, test } from "vitest";
import { resource, smallStack } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

const fileSystemArn = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1";
const policy = { Version: "2012-10-17", Statement: [{ Sid: "TlsOnly", Effect: "Deny" }] };

const storage = [
  resource("aws:efs/fileSystem:FileSystem", "data", "fs-1", { arn: fileSystemArn, encrypted: true }),
  ...["a", "b"].map((zone) =>
    resource("aws:efs/mountTarget:MountTarget", zone, `fsmt-${zone}`, {
      fileSystemId: "fs-1",
      subnetId: `subnet-private-${zone}`,
      securityGroups: ["sg-efs"],
    }),
  ),
  resource("aws:efs/accessPoint:AccessPoint", "data", "fsap-1", {
    arn: "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-1",
    fileSystemArn,
    fileSystemId: "fs-1",
    rootDirectory: { path: "/cloudy", creationInfo: { ownerUid: 26, ownerGid: 26, permissions: "0700" } },
  }),
  resource("aws:efs/fileSystemPolicy:FileSystemPolicy", "data", "fs-1", {
    fileSystemId: "fs-1",
    policy: JSON.stringify(policy),
  }),
];

test("D2: each private subnet's zone has a mount target with the file system's security group", () => {
  const { cloud } = cloudWorld({ graph: smallStack(...storage) });
  const target = cloud.efs.mountTarget("fs-1", "eu-west-1b");
  expect(cloud.ec2.interfaceTable.get(target?.interfaceId ?? "")).toMatchObject({
    subnetId: "subnet-private-b",
    privateIp: target?.ip,
    securityGroupIds: ["sg-efs"],
  });
  expect(cloud.efs.mountTarget("fs-1", "eu-west-1c")).toBeUndefined();
});

test("D2: the access point says whose directory it makes, and the policy is what the program declared", () => {
  const { cloud } = cloudWorld({ graph: smallStack(...storage) });
  expect(cloud.efs.accessPoint("fsap-1")).toMatchObject({
    fileSystemArn,
    path: "/cloudy",
    ownerUid: 26,
    ownerGid: 26,
    permissions: "0700",
  });
  expect(cloud.efs.policy("fs-1")).toEqual(policy);
  expect(cloud.efs.fileSystemArn("fs-1")).toBe(fileSystemArn);
});
