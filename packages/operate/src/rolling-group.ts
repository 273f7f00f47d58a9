import {
  type Activity,
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
  type InstanceRefresh,
  type RefreshPreferences,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
} from "@aws-sdk/client-auto-scaling";
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { UserError } from "@cloudy/command-line";
import type { RollingInstance, RollView } from "./judge-roll.ts";
import type { Connection, InstanceGroup } from "./target.ts";

/** What is to be rolled in a group, before anything is done. */
interface GroupState {
  readonly version: string;
  readonly latest: string;
  readonly desired: number;
  /** Instances of another version than the latest. */
  readonly outdated: readonly string[];
  /** Whether an instance is protected from scaling in: in the database's group, its holder. */
  readonly hasProtected: boolean;
}

/** One auto-scaling group and its launch template, as AWS tells of them. */
export class RollingGroup {
  readonly #group: InstanceGroup;
  readonly #scaling: AutoScalingClient;
  readonly #ec2: EC2Client;
  /** Versions of all instances that were seen, of those that are gone by now, too. */
  readonly #versions = new Map<string, string>();

  constructor(group: InstanceGroup, connection: Connection) {
    this.#group = group;
    this.#scaling = new AutoScalingClient(connection);
    this.#ec2 = new EC2Client(connection);
  }

  close(): void {
    this.#scaling.destroy();
    this.#ec2.destroy();
  }

  async state(): Promise<GroupState> {
    const [group, latest] = await Promise.all([this.#describe(), this.#latest()]);
    const instances = instancesOf(group, this.#group.launchTemplate);
    const outdated = instances.filter(({ version }) => version !== latest);
    const isOfTemplate = group.LaunchTemplate?.LaunchTemplateId === this.#group.launchTemplate;
    return {
      version: isOfTemplate ? (group.LaunchTemplate?.Version ?? "") : "",
      latest,
      desired: group.DesiredCapacity ?? 0,
      outdated: outdated.map(({ id }) => id),
      hasProtected: instances.some(({ isProtected }) => isProtected),
    };
  }

  /** The refresh that is under way; `undefined`: none. */
  async active(): Promise<{ readonly id: string; readonly version: string; readonly status: string } | undefined> {
    const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: this.#group.group });
    const { InstanceRefreshes = [] } = await this.#scaling.send(command);
    const found = InstanceRefreshes.find(({ EndTime }) => EndTime === undefined);
    if (found === undefined) return undefined;
    const version = found.DesiredConfiguration?.LaunchTemplate?.Version ?? "";
    return { id: found.InstanceRefreshId ?? "", version, status: found.Status ?? "" };
  }

  async start(version: string, preferences: RefreshPreferences): Promise<string> {
    const { group, launchTemplate, alarms } = this.#group;
    const { InstanceRefreshId = "" } = await this.#scaling.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: group,
        DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: launchTemplate, Version: version } },
        Preferences: {
          ...preferences,
          SkipMatching: true,
          AutoRollback: true,
          ...(alarms.length === 0 ? {} : { AlarmSpecification: { Alarms: [...alarms] } }),
        },
      }),
    );
    return InstanceRefreshId;
  }

  async rollBack(): Promise<void> {
    await this.#scaling.send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: this.#group.group }));
  }

  async look(refreshId: string): Promise<RollView> {
    const AutoScalingGroupName = this.#group.group;
    const [group, refreshes, activities] = await Promise.all([
      this.#describe(),
      this.#scaling.send(
        new DescribeInstanceRefreshesCommand({ AutoScalingGroupName, InstanceRefreshIds: [refreshId] }),
      ),
      this.#scaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName })),
    ]);
    const [refresh] = refreshes.InstanceRefreshes ?? [];
    if (refresh === undefined)
      throw new UserError(`${AutoScalingGroupName} knows nothing of the refresh ${refreshId}.`);
    const instances = instancesOf(group, this.#group.launchTemplate);
    for (const { id, version } of instances) this.#versions.set(id, version);
    const wanted = refresh.DesiredConfiguration?.LaunchTemplate?.Version ?? "";
    const goesBack = refresh.RollbackDetails !== undefined;
    const since = (activities.Activities ?? []).filter(({ StartTime }) => isSince(StartTime, refresh.StartTime));
    return {
      refresh: reasonOf(refresh),
      version: goesBack ? (group.LaunchTemplate?.Version ?? "") : wanted,
      instances,
      givenUp: [...this.#versions].flatMap(([instanceId, version]) => {
        const reason = version === wanted ? whyGivenUp(since, instanceId) : undefined;
        return reason === undefined ? [] : [{ instanceId, reason }];
      }),
      refused: since
        .filter(
          ({ Description, StatusCode }) => StatusCode === "Failed" && Description?.startsWith("Launching") === true,
        )
        .map(({ StatusMessage = "" }) => StatusMessage)
        .toReversed(),
    };
  }

  async #describe(): Promise<AutoScalingGroup> {
    const { group } = this.#group;
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
    const [found] = (await this.#scaling.send(command)).AutoScalingGroups ?? [];
    if (found !== undefined) return found;
    throw new UserError(`There is no auto-scaling group ${group}: is it the right stack, account and region?`);
  }

  async #latest(): Promise<string> {
    const { launchTemplate } = this.#group;
    const command = new DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: launchTemplate,
      Versions: ["$Latest"],
    });
    const [latest] = (await this.#ec2.send(command)).LaunchTemplateVersions ?? [];
    if (latest?.VersionNumber !== undefined) return String(latest.VersionNumber);
    throw new UserError(`The launch template ${launchTemplate} has no version.`);
  }
}

function reasonOf({ Status, StatusReason, RollbackDetails }: InstanceRefresh): RollView["refresh"] {
  return { status: Status ?? "", reason: RollbackDetails?.RollbackReason ?? StatusReason ?? "" };
}

/** An instance of another template has no version of this one. */
function instancesOf({ Instances = [] }: AutoScalingGroup, templateId: string): readonly RollingInstance[] {
  return Instances.map((instance) => ({
    id: instance.InstanceId ?? "",
    version: instance.LaunchTemplate?.LaunchTemplateId === templateId ? (instance.LaunchTemplate.Version ?? "") : "",
    lifecycle: instance.LifecycleState ?? "",
    isProtected: instance.ProtectedFromScaleIn ?? false,
  }));
}

function isSince(time: Date | undefined, start: Date | undefined): boolean {
  return (time?.getTime() ?? 0) >= (start?.getTime() ?? 0);
}

/** A launch that was cancelled, or an end for a health check's sake; that a group shrinks is no fault of the instance. */
function whyGivenUp(activities: readonly Activity[], instanceId: string): string | undefined {
  const own = activities.filter(({ Description }) => Description?.includes(instanceId) === true);
  const launch = own.find(
    ({ Description, StatusCode }) => Description?.startsWith("Launching") === true && StatusCode === "Cancelled",
  );
  if (launch?.StatusMessage?.includes("Lifecycle Action") === true) return launch.StatusMessage;
  const end = own.find(
    ({ Description, Cause }) =>
      Description?.startsWith("Terminating") === true && /health.?check|status checks? failure/i.test(Cause ?? ""),
  );
  return end?.Cause;
}
