import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import { stoppableClock } from "@cloudy/twin-model/clock.ts";
import type { FunctionRuntime } from "@cloudy/twin-model/function.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Identity } from "@cloudy/twin-model/identity.ts";
import type { InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { HealthProber } from "@cloudy/twin-model/load-balancer.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { Operations, ServiceName } from "@cloudy/twin-wire/operation.ts";
import { AutoScaling } from "./auto-scaling/auto-scaling.ts";
import { groupPrerequisites } from "./auto-scaling/group-settings.ts";
import { autoScalingOperations } from "./auto-scaling/operations.ts";
import { CloudWatch } from "./cloudwatch/cloudwatch.ts";
import { InstanceMetrics } from "./cloudwatch/instance-metrics.ts";
import { MetricStore } from "./cloudwatch/metric-store.ts";
import { cloudWatchOperations } from "./cloudwatch/operations.ts";
import { Ec2 } from "./ec2/ec2.ts";
import { ec2Operations } from "./ec2/operations.ts";
import type { Efs } from "./efs/efs.ts";
import { Events } from "./events/events.ts";
import { Lambda } from "./lambda/lambda.ts";
import { lambdaOperations } from "./lambda/operations.ts";
import { LoadBalancing } from "./load-balancing/load-balancing.ts";
import { loadBalancingOperations } from "./load-balancing/operations.ts";
import { Logs } from "./logs/logs.ts";
import { logsOperations } from "./logs/operations.ts";
import { s3Operations } from "./s3/operations.ts";
import { S3 } from "./s3/s3.ts";
import { secretsManagerOperations } from "./secrets-manager/operations.ts";
import { SecretsManager, type StandingSecret } from "./secrets-manager/secrets-manager.ts";
import { snsOperations } from "./sns/operations.ts";
import { isTopic, Sns } from "./sns/sns.ts";
import type { Tables } from "./tables.ts";

/** What does the work behind the control planes. */
interface Runtimes {
  readonly instances: InstanceRuntime;
  readonly functions: FunctionRuntime;
  readonly prober: HealthProber;
}

interface CloudSettings {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly identity: Identity;
  readonly tables: Tables;
  readonly runtimes: Runtimes;
  readonly standingSecrets?: readonly StandingSecret[];
}

export interface Cloud {
  readonly bus: Bus;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly loadBalancing: LoadBalancing;
  readonly cloudWatch: CloudWatch;
  readonly lambda: Lambda;
  readonly logs: Logs;
  readonly efs: Efs;
  readonly sns: Sns;
  readonly operations: Partial<Record<ServiceName, Operations>>;
  /** Begins to launch; groups follow each other as they depend on each other. */
  start(): void;
  /** No timer fires any more; what runs is the runtimes' to stop. */
  stop(): void;
}

/** All services of the cloud that are state over the program's graph and the clock. */
export function createCloud({ tables, runtimes, standingSecrets = [], ...settings }: CloudSettings): Cloud {
  const clock = stoppableClock(settings.clock);
  const shared = { ...settings, clock };
  const { graph, bus } = shared;
  const { network, instances, loadBalancers, fileSystems } = tables;
  const metrics = new MetricStore(clock);
  const instanceMetrics = new InstanceMetrics({ instances, clock, metrics, runtime: runtimes.instances });
  const ec2 = new Ec2({ ...shared, network, instances, runtime: runtimes.instances });
  const loadBalancing = new LoadBalancing({
    ...shared,
    ec2,
    registry: loadBalancers,
    metrics,
    prober: runtimes.prober,
  });
  const autoScaling = new AutoScaling(graph, { ...shared, ec2, loadBalancing }, metrics);
  const sns = new Sns({ graph, clock, bus, ids: shared.ids });
  const groupsBefore = groupPrerequisites(graph, graph.ofType("aws:cloudwatch/metricAlarm:MetricAlarm"));
  const cloudWatch = new CloudWatch({
    ...shared,
    metrics,
    ownedAlarms: autoScaling.trackingAlarms,
    perform: (action) => (isTopic(action.actionArn) ? sns.notify(action) : autoScaling.policies.perform(action)),
    canMake: (alarm) => autoScaling.areInService(groupsBefore.get(propertiesOf(alarm).text("name")) ?? []),
  });
  const logs = new Logs(graph, clock);
  const lambda = new Lambda({ ...shared, ec2, logs, metrics, runtime: runtimes.functions });
  const events = new Events({ ...shared, lambda, autoScaling, cloudWatch });
  return {
    bus,
    ec2,
    autoScaling,
    loadBalancing,
    cloudWatch,
    lambda,
    logs,
    efs: fileSystems,
    sns,
    operations: {
      ec2: ec2Operations(ec2),
      "auto-scaling": autoScalingOperations(autoScaling, { clock, alarms: cloudWatch.alarms, subnets: ec2.subnets }),
      "elastic-load-balancing-v2": loadBalancingOperations(loadBalancing),
      cloudwatch: cloudWatchOperations(cloudWatch, graph),
      "cloudwatch-logs": logsOperations(logs),
      lambda: lambdaOperations(lambda),
      s3: s3Operations(new S3({ graph, clock })),
      "secrets-manager": secretsManagerOperations(new SecretsManager({ graph, clock, standing: standingSecrets })),
      sns: snsOperations(sns),
    },
    start() {
      events.start();
      cloudWatch.start(() => {
        instanceMetrics.publish();
        loadBalancing.publish();
        autoScaling.publish();
      });
      autoScaling.start();
    },
    stop: () => clock.stop(),
  };
}
