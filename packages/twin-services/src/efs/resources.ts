import { idOnly, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** File systems and the ways into them. */
export const efsResources: ResourceTypes = {
  "aws:efs/fileSystem:FileSystem": {
    // Its data lies in a directory of this machine; whether that is encrypted is the machine's affair.
    reads: ["encrypted"],
    awsOnly: { throughputMode: "the twin's files are as fast as this machine's disk and cost nothing" },
    taggable: true,
    computed: (s) => {
      const id = `fs-${s.hex(17)}`;
      const dnsName = `${id}.efs.${s.account.region}.amazonaws.com`;
      return { id, arn: s.arn("elasticfilesystem", `file-system/${id}`), dnsName };
    },
  },
  "aws:efs/mountTarget:MountTarget": {
    reads: ["fileSystemId", "subnetId", "securityGroups", "ipAddress"],
    computed: idOnly("fsmt"),
  },
  "aws:efs/accessPoint:AccessPoint": {
    reads: ["fileSystemId", "rootDirectory"],
    taggable: true,
    computed: (s) => {
      const id = `fsap-${s.hex(17)}`;
      const fileSystemArn = s.arn("elasticfilesystem", `file-system/${s.text("fileSystemId")}`);
      return { id, arn: s.arn("elasticfilesystem", `access-point/${id}`), fileSystemArn };
    },
  },
  // IAM evaluates it.
  "aws:efs/fileSystemPolicy:FileSystemPolicy": {
    reads: ["fileSystemId", "policy"],
    computed: (s) => ({ id: s.text("fileSystemId") }),
  },
  "aws:efs/backupPolicy:BackupPolicy": {
    awsOnly: "the twin has no AWS Backup, so nothing copies its file systems",
    computed: (s) => ({ id: s.text("fileSystemId") }),
  },
};
