import { fileURLToPath } from "node:url";
import { FENCE_TAG } from "@cloudy/contracts/stack-tags.ts";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Alarms } from "./alarms/alarms.ts";
import { ArtifactStore, buildBundles } from "./artifacts/artifacts.ts";
import { createProvider } from "./aws-provider.ts";
import { Birth } from "./birth.ts";
import { Backups } from "./database/backups.ts";
import { DbCluster } from "./database/db-cluster.ts";
import { FailoverFunction } from "./failover/failover-function.ts";
import { webConnections } from "./instance/capacity.ts";
import { Images } from "./instance/images.ts";
import { lookUpMachines } from "./instance/machine-type.ts";
import { physicalNames } from "./names.ts";
import { Firewall } from "./network/firewall.ts";
import { Nat } from "./network/nat.ts";
import { Network } from "./network/network.ts";
import { protectKept } from "./protection.ts";
import { Secrets } from "./secrets/secrets.ts";
import { accountFact } from "./settings/birth-facts.ts";
import { parseProvider } from "./settings/provider-settings.ts";
import { parseSettings } from "./settings/settings.ts";
import { labelOf, nameOf, stackIdentity, tagsOf } from "./stack.ts";
import { refuseTakenNames } from "./taken-names.ts";
import { usesHttps } from "./web/load-balancer.ts";
import { WebTier } from "./web/web-tier.ts";

/** Names of the keys that the stack sets in a namespace. */
const givenIn = (namespace: string) =>
  Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${namespace}:`))
    .map((key) => key.slice(namespace.length + 1));
const config = new pulumi.Config("cloudy");
const awsConfig = new pulumi.Config("aws");
const providerArgs = parseProvider((key) => awsConfig.get(key), givenIn("aws"));
const settings = parseSettings((key) => config.get(key), awsConfig.get("region"), givenIn("cloudy"));
const { virtualIp: vip } = settings;
const virtualIpCidr = `${vip}/32`;
const identity = stackIdentity(pulumi.getProject(), pulumi.getStack(), settings.name);
const names = physicalNames(identity);

// Before everything else: a change of what the stack was born with must not begin.
await new Birth("birth", settings.birth).check();

const root = fileURLToPath(new URL("..", import.meta.url));
const bundles = await buildBundles(root, `${root}.build`);

const provider = createProvider(providerArgs, tagsOf(identity), FENCE_TAG);
const { accountId } = await aws.getCallerIdentity({}, { provider });
await new Birth("birth-account", [accountFact(accountId)]).check();
await refuseTakenNames(identity, settings.region, { provider });
const machines = await lookUpMachines(settings, provider);
const connections = webConnections(settings.web.max, machines.web, machines.database);
const opts = {
  providers: { aws: provider },
  transformations: settings.protect === "true" ? [protectKept] : [],
};
const images = new Images("images", { taken: settings.imageTaken }, opts);
const { logRetentionDays } = settings.logs;
const shared = { region: settings.region, accountId, identity, images, bootSeconds: settings.bootSeconds };
const logsOf = (tier: keyof typeof names.instanceLogGroups) => ({
  groupName: names.instanceLogGroups[tier],
  retentionDays: logRetentionDays,
});

const artifacts = new ArtifactStore("artifacts", opts);
const hostMetrics = artifacts.publish(bundles.hostMetrics);
const network = new Network("cloudy", { ...shared, settings: settings.network }, opts);
const firewall = new Firewall(
  "firewall",
  { vpcId: network.vpc.id, virtualIpCidr, nat: settings.network.nat, https: usesHttps(settings.web) },
  opts,
);
const nat = new Nat(
  "nat",
  { ...shared, settings: settings.network, machine: machines.nat, logs: logsOf("nat"), network, firewall },
  opts,
);
const secrets = new Secrets(
  "secrets",
  {
    label: labelOf(identity),
    names: names.secrets,
    recoveryDays: settings.secret.recoveryDays,
    database: { ...settings.database, host: vip },
  },
  opts,
);
const backups = new Backups("backups", opts);
const database = new DbCluster(
  "database",
  {
    ...shared,
    settings: settings.database,
    machine: machines.database,
    logs: logsOf("database"),
    virtualIp: vip,
    network,
    firewall,
    secrets,
    backups,
    dbAgent: artifacts.publish(bundles.dbAgent),
    hostMetrics,
    dependsOn: [network, firewall, nat],
  },
  opts,
);
const failover = new FailoverFunction(
  "failover",
  {
    ...shared,
    names,
    settings: settings.failover,
    logRetentionDays,
    virtualIpCidr,
    network,
    firewall,
    databaseGroup: database.group,
    grantSecretArn: secrets.failover.arn,
    bundle: bundles.failover,
  },
  opts,
);
const web = new WebTier(
  "web",
  {
    ...shared,
    loadBalancerName: names.loadBalancers.web,
    settings: settings.web,
    machine: machines.web,
    connections,
    accessLogs: settings.logs,
    logs: logsOf("web"),
    secret: settings.secret,
    secrets,
    virtualIp: vip,
    network,
    firewall,
    api: artifacts.publish(bundles.api),
    hostMetrics,
    dependsOn: [database.group, network, firewall],
  },
  opts,
);
const alarms = new Alarms(
  "alarms",
  {
    ...shared,
    dashboardName: names.dashboards.stack,
    settings: settings.alarms,
    watched: {
      stack: nameOf(identity),
      boot_s: settings.bootSeconds,
      database: {
        ...settings.database,
        group: database.group.name,
        fileSystemId: database.fileSystemId,
        bursts: settings.database.efsThroughput === "bursting",
      },
      failoverFunction: failover.functionName,
      web: {
        group: web.group.name,
        instanceType: settings.web.instanceType,
        loadBalancer: web.loadBalancer.arnSuffix,
        targetGroup: web.targetGroup.arnSuffix,
        healthy_s: settings.web.healthCheck.intervalSeconds * settings.web.healthCheck.healthyThreshold,
        latency_s: settings.alarms.latency_s,
        errorPercent: settings.alarms.errorPercent,
        certificateArn: web.certificateArn,
      },
      nat: nat.rolled[0] && { group: nat.rolled[0].group, instanceType: settings.network.natInstanceType },
    },
    dependsOn: [web.group, failover],
  },
  opts,
);

export const url = web.url;
export const region = settings.region;
export const loadBalancerArn = web.loadBalancer.arn;
export const targetGroupArn = web.targetGroup.arn;
export const webGroupName = web.group.name;
export const databaseGroupName = database.group.name;
export const virtualIp = vip;
export const databaseRouteTableIds = [network.publicRouteTable.id];
// Empty with target tracking, whose alarms AWS makes: Pulumi warns of an output without a value.
export const highCpuAlarmName = web.alarms?.high.name ?? "";
export const lowCpuAlarmName = web.alarms?.low.name ?? "";
export const failoverFunctionName = failover.functionName;
export const failoverLogGroupName = failover.logGroupName;
export const databaseSecretArn = secrets.database.arn;
export const backupBucketName = backups.bucket.bucket;
/** In the order in which a changed launch template rolls: the way out, what is stateless, what holds the data. */
export const instanceGroups = [
  ...nat.rolled,
  { ...web.rolled, alarms: alarms.namesOf(["no-healthy-web-target", "web-errors"]) },
  { ...database.rolled, alarms: alarms.namesOf(["no-database-online"]) },
];
export const imageIds = images.all();
export const databaseCertificateExpires = secrets.certificateExpires;
