import { parse as parseDocument } from "@cloudy/contracts/document.ts";
import type { Schema } from "@cloudy/contracts/schema.ts";
import {
  DatabaseSecretSchema,
  FailoverSecretSchema,
  parseSecret,
  ServerSecretSchema,
} from "@cloudy/contracts/secrets.ts";
import { StackOutputsSchema } from "@cloudy/contracts/stack-outputs.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { CloudConfig } from "../instance/cloud-config.ts";
import { devConfig, type Recording, record, stackConfig, userDataOf } from "./record.ts";

let program: Recording;
beforeAll(async () => {
  program = await record(await devConfig());
});

describe("database group", () => {
  test("D1: one to two instances, two by default, over both private subnets, tagged on the instances too", () => {
    expect(program.one("aws:autoscaling/group:Group", "database").inputs).toMatchObject({
      minSize: 1,
      maxSize: 2,
      desiredCapacity: 2,
      healthCheckType: "EC2",
      vpcZoneIdentifiers: ["private-a-id", "private-b-id"],
      tags: [
        { key: "Name", value: "Database", propagateAtLaunch: true },
        { key: "database", value: "true", propagateAtLaunch: true },
        { key: "Project", value: "cloudy", propagateAtLaunch: true },
        { key: "Stack", value: "dev", propagateAtLaunch: true },
      ],
    });
  });

  test("D1: no other group's instances count as databases", () => {
    for (const name of ["web", "nat"]) {
      const tags = program.one("aws:autoscaling/group:Group", name).inputs["tags"];
      expect(JSON.stringify(tags)).not.toContain("database");
    }
  });
});

describe("shared file system", () => {
  test("D2: it is encrypted and has one mount target a private subnet", () => {
    expect(program.one("aws:efs/fileSystem:FileSystem").inputs).toEqual({
      encrypted: true,
      throughputMode: "bursting",
      tags: { Name: "database" },
    });
    expect(program.one("aws:efs/fileSystemPolicy:FileSystemPolicy").inputs["fileSystemId"]).toBe("database-id");
    const targets = program.all("aws:efs/mountTarget:MountTarget").map(({ inputs }) => inputs);
    expect(targets).toEqual([
      { fileSystemId: "database-id", subnetId: "private-a-id", securityGroups: ["file-system-id"] },
      { fileSystemId: "database-id", subnetId: "private-b-id", securityGroups: ["file-system-id"] },
    ]);
  });

  test("R6: AWS Backup makes no copies of it, which nobody could mount and no PostgreSQL should start on", () => {
    expect(program.all("aws:efs/backupPolicy:BackupPolicy")).toEqual([]);
    // Those that can be restored go to the bucket.
    expect(userDataOf(program, "database")).toContain("BACKUP_BUCKET=backups");
  });

  test("R5: its throughput is a setting: credits in dev, as much as is used in prod", async () => {
    const prod = await record(await stackConfig("prod"));
    expect(prod.one("aws:efs/fileSystem:FileSystem").inputs["throughputMode"]).toBe("elastic");
  });

  test("D2: the access point's directory belongs to postgres alone and enforces no user", () => {
    expect(program.one("aws:efs/accessPoint:AccessPoint").inputs).toEqual({
      fileSystemId: "database-id",
      rootDirectory: { path: "/cloudy", creationInfo: { ownerUid: 26, ownerGid: 26, permissions: "0700" } },
    });
  });

  test("D2: its policy denies clients without TLS and mounts beside the access point, and allows nobody by itself", () => {
    const policy = JSON.parse(String(program.one("aws:efs/fileSystemPolicy:FileSystemPolicy").inputs["policy"]));
    expect(policy.Statement).toEqual([
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "*",
        Resource: "arn:FileSystem:database",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        Sid: "ThroughTheAccessPointOnly",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "elasticfilesystem:ClientMount",
        Resource: "arn:FileSystem:database",
        Condition: { StringNotEquals: { "elasticfilesystem:AccessPointArn": "arn:AccessPoint:database" } },
      },
    ]);
  });
});

const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
const ENCRYPTED = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }];

describe("secrets and artifacts", () => {
  /** Pulumi marks a secret by this signature and keeps it encrypted in the state. */
  const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const secretValue = (name: string) => {
    const { inputs } = program.one("aws:secretsmanager/secretVersion:SecretVersion", name);
    expect(inputs["secretString"]).toMatchObject(SECRET);
    return JSON.parse((inputs["secretString"] as { value: string }).value);
  };

  test("W9: CloudyDB holds the credentials and the virtual IP; it can be deleted at once in dev", () => {
    expect(secretValue("CloudyDB")).toEqual({
      username: "cloudy",
      password: "password-of-32-characters",
      host: "10.10.10.10",
      port: 5432,
      dbname: "cloudy",
      ca: "certificate of database-ca",
    });
    expect(program.one("aws:secretsmanager/secret:Secret", "CloudyDB").inputs).toEqual({
      name: "CloudyDB",
      recoveryWindowInDays: 0,
    });
    // Without special characters, so that it needs no quoting in any connection string.
    expect(program.one("random:index/randomPassword:RandomPassword").inputs).toEqual({ length: 32, special: false });
  });

  test("R6: CloudyDB's version is written once, at birth, and whatever changes later, a rotated password stays", () => {
    const type = "aws:secretsmanager/secretVersion:SecretVersion";
    expect(program.optionsOf(type, "CloudyDB").ignoredChanges).toEqual(["secretString", "versionStages"]);
    // AWS makes a secret's first version the current one by itself. Written again it would not be: it does not ask for it.
    expect(program.one(type, "CloudyDB").inputs["versionStages"]).toEqual(["BIRTH"]);
  });

  test("R6: what the program alone renews follows it", () => {
    for (const name of ["CloudyDBServer", "CloudyFailover"]) {
      const type = "aws:secretsmanager/secretVersion:SecretVersion";
      expect(program.optionsOf(type, name).ignoredChanges).toEqual([]);
      expect(program.one(type, name).inputs["versionStages"]).toBeUndefined();
    }
  });

  test("R6: a moved address and a renewed authority reach the API beside the secret, by a changed launch template", async () => {
    const moved = await record(await devConfig({ "cloudy:virtualIp": "10.11.12.13" }));
    expect(userDataOf(program, "web")).toContain("DATABASE_HOST=10.10.10.10");
    expect(userDataOf(moved, "web")).toContain("DATABASE_HOST=10.11.12.13");
    const files = (parse(userDataOf(moved, "web")) as CloudConfig).write_files;
    const path = /DATABASE_CA_FILE=(\S+)/.exec(userDataOf(moved, "web"))?.[1];
    expect(files.find((file) => file.path === path)?.content).toBe("certificate of database-ca");
    const request = moved.one("tls:index/certRequest:CertRequest").inputs;
    expect(request["ipAddresses"]).toEqual(["10.11.12.13"]);
  });

  test("A7: each secret is what its readers take for one", () => {
    const read = <Value>(schema: Schema<Value>, name: string) =>
      parseSecret(schema, JSON.stringify(secretValue(name)), name);
    expect(read(DatabaseSecretSchema, "CloudyDB")).toEqual(secretValue("CloudyDB"));
    expect(read(ServerSecretSchema, "CloudyDBServer")).toEqual(secretValue("CloudyDBServer"));
    expect(read(FailoverSecretSchema, "CloudyFailover")).toEqual(secretValue("CloudyFailover"));
  });

  test("A7: CloudyDBServer holds the server's certificate and key; the CA's key is in no secret", () => {
    expect(secretValue("CloudyDBServer")).toEqual({ certificate: "certificate of database", key: "key of database" });
    const secrets = program.all("aws:secretsmanager/secretVersion:SecretVersion").map(({ inputs }) => inputs);
    expect(JSON.stringify(secrets)).not.toContain("key of database-ca");
  });

  test("A7: the certificate names the virtual IP, is signed by the CA, and is renewed long before either ends", () => {
    const request = program.one("tls:index/certRequest:CertRequest").inputs;
    expect(request).toMatchObject({
      ipAddresses: ["10.10.10.10"],
      dnsNames: ["database.cloudy.internal"],
      subject: { commonName: "Cloudy database" },
      privateKeyPem: { value: "key of database" },
    });
    const server = program.one("tls:index/locallySignedCert:LocallySignedCert").inputs;
    expect(server).toMatchObject({
      certRequestPem: "request of database",
      caCertPem: "certificate of database-ca",
      caPrivateKeyPem: { value: "key of database-ca" },
      allowedUses: ["digital_signature", "server_auth"],
    });
    const ca = program.one("tls:index/selfSignedCert:SelfSignedCert").inputs;
    expect(ca).toMatchObject({
      isCaCertificate: true,
      allowedUses: ["cert_signing", "crl_signing"],
      subject: { commonName: "Cloudy database CA" },
      privateKeyPem: { value: "key of database-ca" },
    });
    for (const name of ["database-ca", "database"]) {
      const key = program.one("tls:index/privateKey:PrivateKey", name).inputs;
      expect(key).toEqual({ algorithm: "ECDSA", ecdsaCurve: "P256" });
    }
    const hours = (inputs: Record<string, unknown>, property: string) => Number(inputs[property]);
    expect(hours(server, "earlyRenewalHours")).toBeGreaterThanOrEqual(365 * 24);
    expect(hours(server, "validityPeriodHours")).toBeGreaterThan(hours(server, "earlyRenewalHours"));
    // A CA at the end of its time would sign certificates that outlive it.
    expect(hours(ca, "earlyRenewalHours")).toBeGreaterThan(hours(server, "validityPeriodHours"));
  });

  test("CloudyFailover holds the grant key of 32 bytes", () => {
    expect(secretValue("CloudyFailover")).toEqual({ grantKey: "00ff" });
    expect(program.one("random:index/randomBytes:RandomBytes").inputs).toEqual({ length: 32 });
  });

  test("W3: artifacts lie in a private, encrypted bucket under the SHA-256 of their content", () => {
    expect(program.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "artifacts").inputs).toEqual({
      bucket: "artifacts",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(program.one(ENCRYPTION, "artifacts").inputs).toEqual({ bucket: "artifacts", rules: ENCRYPTED });
    const keys = program.all(OBJECT).map(({ inputs }) => inputs["key"]);
    const sha256 = "ab".repeat(32);
    expect(keys.sort()).toEqual([`api-${sha256}.tar.gz`, `db-agent-${sha256}.tar.gz`, `host-metrics-${sha256}.tar.gz`]);
  });

  test("W3: each artifact is the bundle of its name, and goes with the stack", async () => {
    for (const name of ["api", "db-agent", "host-metrics"]) {
      const { bucket, source } = program.one(OBJECT, name).inputs;
      expect(bucket).toBe("artifacts");
      expect(await (source as { path: Promise<string> }).path).toBe(`/bundles/${name}.tar.gz`);
    }
    expect(program.one("aws:s3/bucket:Bucket", "artifacts").inputs).toEqual({ forceDestroy: true });
    expect(program.optionsOf("aws:s3/bucket:Bucket", "artifacts").isRetained).toBe(false);
  });
});

describe("backups", () => {
  test("their bucket is private, encrypted and versioned, and stays with its content when the stack goes", () => {
    expect(program.one("aws:s3/bucket:Bucket", "backups").inputs).toEqual({ forceDestroy: false });
    expect(program.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "backups").inputs).toEqual({
      bucket: "backups",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(program.one(ENCRYPTION, "backups").inputs).toEqual({ bucket: "backups", rules: ENCRYPTED });
    expect(program.one("aws:s3/bucketVersioning:BucketVersioning").inputs).toEqual({
      bucket: "backups",
      versioningConfiguration: { status: "Enabled" },
    });
    // An open or unversioned bucket would be what is left otherwise.
    const parts = program.resources.filter(({ type, name }) => type.startsWith("aws:s3/") && name === "backups");
    expect(parts).toHaveLength(5);
    for (const { type, name } of parts) expect(program.optionsOf(type, name).isRetained, type).toBe(true);
  });

  test("what is removed goes for good after a week, an abandoned upload after two days, and nothing by its age", () => {
    const { inputs } = program.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "backups");
    expect(inputs).toEqual({
      bucket: "backups",
      rules: [
        {
          id: "removed",
          status: "Enabled",
          filter: { prefix: "" },
          noncurrentVersionExpiration: { noncurrentDays: 7 },
          expiration: { expiredObjectDeleteMarker: true },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 2 },
        },
      ],
    });
  });
});

test("the stack's outputs are those that the contracts know", () => {
  expect(Object.keys(program.outputs).sort()).toEqual(Object.keys(StackOutputsSchema.fields).sort());
  expect(parseDocument(StackOutputsSchema, program.outputs, "what it tells")).toEqual(program.outputs);
});

test("the stack's outputs are those of docs/contracts.md", () => {
  expect(program.outputs).toEqual({
    url: "http://web.example:8080",
    region: "eu-west-1",
    loadBalancerArn: "arn:LoadBalancer:web",
    targetGroupArn: "arn:TargetGroup:web",
    webGroupName: "web",
    databaseGroupName: "Cloudy-database-00ff",
    virtualIp: "10.10.10.10",
    databaseRouteTableIds: ["public-id"],
    highCpuAlarmName: "cpu-high",
    lowCpuAlarmName: "cpu-low",
    failoverFunctionName: "CloudyFailover",
    failoverLogGroupName: "/aws/lambda/CloudyFailover",
    databaseSecretArn: "arn:Secret:CloudyDB",
    backupBucketName: "backups",
    databaseCertificateExpires: "2028-01-01T00:00:00Z",
    instanceGroups: [
      { tier: "nat", group: "Cloudy-nat-00ff", launchTemplate: "nat-id", alarms: [] },
      { tier: "web", group: "web", launchTemplate: "web-id", alarms: ["no-healthy-web-target", "web-errors"] },
      {
        tier: "database",
        group: "Cloudy-database-00ff",
        launchTemplate: "database-id",
        alarms: ["no-database-online"],
      },
    ],
    imageIds: [
      {
        architecture: "x86_64",
        id: "ami-of-/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
      },
    ],
  });
});
