import type { TypeFacts } from "./type-facts.ts";

export const STORAGE_FACTS: Readonly<Record<string, TypeFacts>> = {
  "aws:efs/fileSystem:FileSystem": {
    replaces: ["availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode"],
    updates: ["lifecyclePolicies", "protection", "provisionedThroughputInMibps", "tags", "throughputMode"],
    autoNamed: "creationToken",
  },
  "aws:efs/accessPoint:AccessPoint": { replaces: ["fileSystemId", "posixUser", "rootDirectory"], updates: ["tags"] },
  "aws:efs/backupPolicy:BackupPolicy": { replaces: ["fileSystemId"], updates: ["backupPolicy"] },
  "aws:efs/fileSystemPolicy:FileSystemPolicy": {
    replaces: ["fileSystemId"],
    updates: ["bypassPolicyLockoutSafetyCheck", "policy"],
  },
  "aws:efs/mountTarget:MountTarget": {
    replaces: ["fileSystemId", "ipAddress", "subnetId"],
    updates: ["securityGroups"],
    deletesFirst: true,
  },
  "aws:s3/bucket:Bucket": { replaces: ["bucket"], updates: ["forceDestroy", "tags"], autoNamed: "bucket" },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": { replaces: ["bucket"], updates: ["rules"] },
  // Its key is no name that Pulumi invents, so a new object is there before the old one goes.
  "aws:s3/bucketObjectv2:BucketObjectv2": { replaces: ["bucket", "key"], updates: ["source", "sourceHash", "tags"] },
  "aws:s3/bucketPolicy:BucketPolicy": { replaces: ["bucket"], updates: ["policy"] },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    replaces: ["bucket"],
    updates: ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    replaces: ["bucket"],
    updates: ["rules"],
  },
  "aws:s3/bucketVersioning:BucketVersioning": { replaces: ["bucket"], updates: ["versioningConfiguration"] },
  "aws:secretsmanager/secret:Secret": {
    replaces: ["name"],
    updates: ["description", "kmsKeyId", "policy", "recoveryWindowInDays", "tags"],
    autoNamed: "name",
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    replaces: ["secretBinary", "secretId", "secretString"],
    updates: ["versionStages"],
  },
};
