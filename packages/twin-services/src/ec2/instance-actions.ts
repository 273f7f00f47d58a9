import type {
  ModifyInstanceAttributeRequest,
  RebootInstancesRequest,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from "@aws-sdk/client-ec2";
import { arn } from "@cloudy/twin-model/arn.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { stateOf } from "./describe-instance.ts";
import type { Ec2 } from "./ec2.ts";
import { required } from "./errors.ts";
import type { InstanceRecord } from "./instance-table.ts";
import type { HaltMode } from "./instances.ts";

const userTermination = "Client.UserInitiatedShutdown: User initiated shutdown";

export function instanceActions(ec2: Ec2): Operations {
  return {
    TerminateInstances: operation<TerminateInstancesRequest, TerminateInstancesResult>({
      access: (request) => onInstances(ec2, "TerminateInstances", request.InstanceIds),
      run: (request) => ({
        TerminatingInstances: change(ec2, request.InstanceIds, (instance) =>
          ec2.instances.terminate(instance.id, haltMode(request), userTermination),
        ),
      }),
    }),
    StopInstances: operation<StopInstancesRequest, StopInstancesResult>({
      access: (request) => onInstances(ec2, "StopInstances", request.InstanceIds),
      run: (request) => ({
        StoppingInstances: change(ec2, request.InstanceIds, (instance) =>
          ec2.instances.stop(instance.id, haltMode(request)),
        ),
      }),
    }),
    StartInstances: operation<StartInstancesRequest, StartInstancesResult>({
      access: (request) => onInstances(ec2, "StartInstances", request.InstanceIds),
      run: (request) => ({
        StartingInstances: change(ec2, request.InstanceIds, (instance) => ec2.instances.start(instance.id)),
      }),
    }),
    RebootInstances: operation<RebootInstancesRequest, Record<never, never>>({
      access: (request) => onInstances(ec2, "RebootInstances", request.InstanceIds),
      run: (request) => {
        change(ec2, request.InstanceIds, (instance) => ec2.instances.reboot(instance.id));
        return {};
      },
    }),
    ModifyInstanceAttribute: operation<ModifyInstanceAttributeRequest, Record<never, never>>({
      access: (request) => [
        ...onInstances(
          ec2,
          "ModifyInstanceAttribute",
          request.InstanceId === undefined ? [] : [request.InstanceId],
          attributeConditions(request),
        ),
        ...groupAccess(ec2, request.Groups ?? []),
      ],
      run: (request) => {
        modifyAttribute(ec2, request);
        return {};
      },
    }),
  };
}

/** Either switch leaves the operating system no time: the same as pulling the plug. */
function haltMode(request: {
  readonly Force?: boolean | undefined;
  readonly SkipOsShutdown?: boolean | undefined;
}): HaltMode {
  return request.Force === true || request.SkipOsShutdown === true ? "power-off" : "shutdown";
}

function onInstances(
  ec2: Ec2,
  action: string,
  ids: readonly string[] | undefined,
  ofRequest: Readonly<Record<string, string>> = {},
): readonly Access[] {
  return required(ids, "InstanceId").map((id) => {
    const instance = ec2.instances.find(id);
    const { resource, context } = ec2.resource("instance", id, instance?.tags ?? {});
    const own = instance === undefined ? {} : instanceConditions(ec2, instance);
    return { action: `ec2:${action}`, resource, context: { ...context, ...own, ...ofRequest } };
  });
}

/**
 * Which attribute is to be changed, and to what if that is a plain value. The request of a newer API names it by a member of
 * its own, that of an older one by `Attribute` and `Value`. Several at once are one value that no policy names.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-for-amazon-ec2.html#attribute-key
 */
function attributeConditions(request: ModifyInstanceAttributeRequest): Record<string, string> {
  const { InstanceId, DryRun, Attribute, Value, ...members } = request;
  const named: Readonly<Record<string, unknown>> = {
    ...members,
    ...(Attribute === undefined ? {} : { [Attribute]: { Value } }),
  };
  const values = Object.entries(named).flatMap(([name, attribute]) => {
    const value = typeof attribute === "object" && attribute !== null && "Value" in attribute ? attribute.Value : null;
    const isPlain = ["string", "boolean", "number"].includes(typeof value);
    return isPlain ? [[`ec2:attribute/${name.toLowerCase()}`, String(value)] as const] : [];
  });
  return { "ec2:attribute": Object.keys(named).join(" "), ...Object.fromEntries(values) };
}

function instanceConditions(ec2: Ec2, instance: InstanceRecord): Record<string, string> {
  return {
    "ec2:instanceid": instance.id,
    "ec2:instancetype": instance.instanceType,
    "ec2:availabilityzone": instance.availabilityZone,
    ...(instance.instanceProfileArn === undefined ? {} : { "ec2:instanceprofile": instance.instanceProfileArn }),
    "ec2:subnet": arn(ec2.graph, "ec2", `subnet/${instance.subnetId}`),
  };
}

function groupAccess(ec2: Ec2, ids: readonly string[]): readonly Access[] {
  return ids.map((id) => ({
    action: "ec2:ModifyInstanceAttribute",
    ...ec2.resource("security-group", id, ec2.groups.find(id)?.tags ?? {}),
  }));
}

/** Checks all ids before it changes any, as EC2 does. */
function change(ec2: Ec2, ids: readonly string[] | undefined, apply: (instance: InstanceRecord) => void) {
  const instances = required(ids, "InstanceId").map((id) => ec2.instances.get(id));
  return instances.map((instance) => {
    const before = stateOf(instance.state);
    apply(instance);
    return { InstanceId: instance.id, PreviousState: before, CurrentState: stateOf(instance.state) };
  });
}

function modifyAttribute(ec2: Ec2, request: ModifyInstanceAttributeRequest): void {
  const instance = ec2.instances.get(required(request.InstanceId, "InstanceId"));
  if (instance.state === "terminated") {
    throw new AwsError("IncorrectInstanceState", `Instance '${instance.id}' is terminated and cannot be modified.`);
  }
  const [primary, ...others] = ec2.interfaceTable.of(instance.id);
  if (primary === undefined) {
    throw new AwsError("IncorrectInstanceState", `Instance '${instance.id}' has no network interface.`);
  }
  if (request.SourceDestCheck?.Value !== undefined) {
    refuseSeveral(instance.id, others.length);
    ec2.interfaceTable.setSourceDestCheck(primary.id, request.SourceDestCheck.Value);
  } else if (request.Groups !== undefined && request.Groups.length > 0) {
    refuseSeveral(instance.id, others.length);
    ec2.interfaceTable.setGroups(primary.id, request.Groups);
  } else {
    throw new AwsError(
      "InvalidParameterCombination",
      "The twin modifies the attributes SourceDestCheck and Groups of an instance; the request names neither.",
    );
  }
}

function refuseSeveral(instanceId: string, others: number): void {
  if (others === 0) return;
  throw new AwsError(
    "InvalidInstanceID",
    `There are multiple interfaces attached to instance '${instanceId}'. Please specify an interface ID for the operation instead.`,
  );
}
