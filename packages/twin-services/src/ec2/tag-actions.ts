import type { CreateTagsRequest } from "@aws-sdk/client-ec2";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { Ec2 } from "./ec2.ts";
import { required } from "./errors.ts";

export function tagActions(ec2: Ec2): Operations {
  return {
    CreateTags: operation<CreateTagsRequest, Record<never, never>>({
      access: (request) => required(request.Resources, "ResourceId").map((id) => accessOf(ec2, id, tagsIn(request))),
      run: (request) => {
        const tagged = required(request.Resources, "ResourceId").map((id) => resourceOf(ec2, id));
        const tags = tagsIn(request);
        for (const key of Object.keys(tags)) refuseReserved(key);
        for (const resource of tagged) Object.assign(resource.tags, tags);
        return {};
      },
    }),
  };
}

function accessOf(ec2: Ec2, id: string, added: Readonly<Record<string, string>>): Access {
  const { kind, tags } = resourceOf(ec2, id);
  const { resource, context } = ec2.resource(kind, id, tags);
  const requested = Object.entries(added).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value]);
  return {
    action: "ec2:CreateTags",
    resource,
    context: { ...context, ...Object.fromEntries(requested), "aws:tagkeys": Object.keys(added).join(",") },
  };
}

/** What the twin lets be tagged: whatever a tag could change something for. */
function resourceOf(ec2: Ec2, id: string): { readonly kind: string; readonly tags: Record<string, string> } {
  if (id.startsWith("i-")) return { kind: "instance", tags: ec2.instances.get(id).tags };
  if (id.startsWith("rtb-")) return { kind: "route-table", tags: ec2.routeTables.get(id).tags };
  throw new AwsError("InvalidID", `The ID '${id}' is not valid: the twin tags instances and route tables only`);
}

function tagsIn({ Tags }: CreateTagsRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(required(Tags, "Tag").map(({ Key, Value }) => [required(Key, "Tag.Key"), Value ?? ""]));
}

function refuseReserved(key: string): void {
  if (!key.startsWith("aws:")) return;
  throw new AwsError("InvalidParameterValue", `Tag keys starting with 'aws:' are reserved for internal use: ${key}`);
}
