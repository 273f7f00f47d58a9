import { createHash } from "node:crypto";
import { UserError } from "@cloudy/command-line";
import type { Account, Computed, Subject } from "@cloudy/twin-model/resource-type.ts";
import { resourceTypes, whereToTeach } from "./resource-types.ts";

/** Pulumi's own type of what a stack remembers. */

type Values = Readonly<Record<string, unknown>>;

/** A resource as the program declares it. */
interface Declared {
  readonly type: string;
  readonly logicalName: string;
  readonly inputs: Values;
  /** `<project>/<stack>`: two stacks of one account have the same logical names, but nothing else the same. */
  readonly stack: string;
}

/** The outputs its provider would add to a resource's inputs. Throws UserError for a type the twin does not know. */
export async function computedOutputs(declared: Declared, account: Account, now: Date): Promise<Computed> {
  const { type, logicalName } = declared;
  if (type.startsWith("pulumi:providers:")) return { id: `provider-${logicalName}` };
  // Component resources (`project:network:Network`) have no provider: they compute nothing.
  if (!/^(aws|awsx|random|tls|docker)[:]/.test(type)) return { id: "" };
  const known = resourceTypes[type];
  if (known === undefined) {
    throw new UserError(
      `The twin does not know the resource type ${type} (resource "${logicalName}"): it cannot tell what AWS would do with it. ${whereToTeach}`,
    );
  }
  return await known.computed(subjectOf(declared, account, now));
}

/** Whether the provider's default tags are among its own. */
export function isTaggable(type: string): boolean {
  const known = resourceTypes[type];
  return known !== undefined && "reads" in known && known.taggable === true;
}

function subjectOf({ type, logicalName, inputs, stack }: Declared, account: Account, now: Date): Subject {
  const digest = createHash("sha512").update(`${stack} ${type} ${logicalName}`).digest("hex");
  const hex = (length: number) => digest.slice(0, length);
  const text = (property: string) => {
    const value = inputs[property];
    return typeof value === "string" ? value : "";
  };
  const name = text("name") || `${logicalName}-${hex(7)}`;
  const arn = (service: string, path: string) => `arn:aws:${service}:${account.region}:${account.accountId}:${path}`;
  return { name, inputs, text, hex, arn, account, now };
}
