import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import type { FailoverMetric } from "@cloudy/contracts/metrics.ts";
import { READY_HOOK } from "@cloudy/contracts/ready-hook.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { cloudWorld } from "@cloudy/twin-services/test/cloud-world.ts";

type World = ReturnType<typeof cloudWorld>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** From an instance's launch until its work is seen: packages, bundle, PostgreSQL. */
const BOOT_MS = 150_000;

/** What is so in the stack; a test changes it. */
export const WELL = {
  /** Requests a minute and what the API does with them. Nobody knows the address of a new stack. */
  requests: 0,
  status: 200,
  latency_ms: 40,
  webHealthy: true,
  /** Whether a booted primary serves, a standby is ready, backups and WAL reach the bucket. */
  online: true,
  ready: true,
  backups: true,
  archives: true,
  /** Rounds of the next minute that missed the writer. */
  missedRounds: 0,
  /** Seconds of each minute in which the database is away, without being so for two minutes. */
  away_s: 0,
  blindRounds: 0,
  fenceLimit: 0,
  certificateDays: 500,
  disk: { WebServers: 40, DatabaseServers: 35 },
};

/** Puts each minute what the program's processes would put, from the facts and from what the services say of the machines. */
export class StackScript {
  readonly facts = { ...WELL };
  readonly #world: World;
  readonly #stack: string;
  readonly #functionName: string;
  readonly #inService = new Set<string>();
  #lastBackup_ms: number | undefined;
  #archived_ms = 0;
  #seen = 0;

  constructor(world: World, graph: Graph) {
    this.#world = world;
    this.#functionName = String(graph.outputs["failoverFunctionName"]);
    const failover = graph
      .ofType("aws:lambda/function:Function")
      .find(({ outputs }) => outputs["name"] === this.#functionName);
    this.#stack = String(Object(Object(failover?.outputs["environment"]).variables).STACK);
    const isUp = world.machines.check.bind(world.machines);
    world.machines.check = (target) => {
      const launch_ms = world.cloud.ec2.instances.find(target.instanceId)?.launchTime_ms ?? world.clock.now();
      if (world.clock.now() - launch_ms > BOOT_MS && this.facts.webHealthy) return isUp(target);
      return { ok: false, reason: "Request timed out", code: "Target.Timeout" };
    };
    world.clock.every(MINUTE_MS, () => this.#minute());
  }

  idsOf(name: string): readonly string[] {
    return this.#running(name).map(({ id }) => id);
  }

  #running(name: string) {
    return this.#world.cloud.ec2.instances
      .all()
      .filter(({ tags, state }) => tags["Name"] === name && state === "running");
  }

  #booted(name: string) {
    return this.#running(name).filter(({ launchTime_ms }) => this.#world.clock.now() - launchTime_ms > BOOT_MS);
  }

  #minute(): void {
    const { invocations, fails } = this.#world.functions;
    const ran = invocations.slice(this.#seen).some(({ name }) => name === this.#functionName);
    this.#seen = invocations.length;
    for (const name of ["Database", "NAT"]) this.#sayThatTheyAreReady(name);
    if (ran && !fails) this.#failoverFunction();
    this.#monitoringScripts();
    this.#requests();
  }

  /** Each once, as the agent does and the boot of a NAT instance. */
  #sayThatTheyAreReady(name: string): void {
    for (const { id, tags } of this.#booted(name)) {
      if (this.#inService.has(id)) continue;
      this.#inService.add(id);
      void this.#world.call("auto-scaling", "CompleteLifecycleAction", {
        AutoScalingGroupName: tags["aws:autoscaling:groupName"],
        LifecycleHookName: READY_HOOK,
        LifecycleActionResult: "CONTINUE",
        InstanceId: id,
      });
    }
  }

  #failoverFunction(): void {
    const { facts } = this;
    const now_ms = this.#world.clock.now();
    const up = this.#booted("Database").length;
    const online = up > 0 && facts.online;
    const isDue = this.#lastBackup_ms === undefined || (facts.backups && now_ms - this.#lastBackup_ms >= DAY_MS);
    if (online && isDue) this.#lastBackup_ms = now_ms;
    if (facts.archives || !online) this.#archived_ms = now_ms;
    const put = (name: FailoverMetric, value: object) =>
      this.#put(FAILOVER_ENVIRONMENT.METRICS_NAMESPACE.default, name, value);
    const isMissed = facts.missedRounds > 0 && online;
    if (facts.blindRounds === 0) {
      const rounds = { Values: [1, 0], Counts: [20 - facts.missedRounds, facts.missedRounds] };
      put("OnlineDatabases", isMissed ? rounds : { Value: online ? 1 : 0 });
    }
    facts.missedRounds = 0;
    put("TimeWithoutWriter", { Value: facts.away_s });
    put("BlindRounds", { Value: facts.blindRounds });
    put("FenceLimitReached", { Value: facts.fenceLimit });
    if (up === 0) return;
    put("ReadyStandbys", { Value: facts.ready ? up - 1 : 0 });
    put("CertificateDays", { Value: facts.certificateDays });
    if (!online) return;
    put("BackupAge", { Value: (now_ms - (this.#lastBackup_ms ?? now_ms)) / 1_000 });
    put("WalAge", { Value: (now_ms - this.#archived_ms) / 1_000 });
  }

  #monitoringScripts(): void {
    for (const [namespace, name] of [
      ["WebServers", "Web"],
      ["DatabaseServers", "Database"],
    ] as const) {
      for (const _instance of this.#booted(name)) {
        this.#put(namespace, "disk-used-percent", { Value: this.facts.disk[namespace] });
      }
    }
  }

  #requests(): void {
    const { loadBalancing } = this.#world.cloud;
    const { requests, status, latency_ms } = this.facts;
    for (const { action, loadBalancerArn } of loadBalancing.listeners()) {
      if (action.kind !== "forward") continue;
      const { targetGroupArn } = action;
      const targets = loadBalancing.healthyTargets(targetGroupArn);
      for (let count = 0; count < requests; count += 1) {
        const instanceId = targets[count % Math.max(1, targets.length)]?.instanceId;
        const answer = { loadBalancerArn, targetGroupArn, instanceId, latency_ms };
        loadBalancing.record({ ...answer, status: instanceId === undefined ? 503 : status });
      }
    }
  }

  #put(Namespace: string, MetricName: string, value: object): void {
    const Dimensions = [{ Name: "Stack", Value: this.#stack }];
    void this.#world.call("cloudwatch", "PutMetricData", {
      Namespace,
      MetricData: [{ MetricName, Dimensions, ...value }],
    });
  }
}
