import { describe, expect, test } from "vitest";
import { planChange } from "../src/change-plan.ts";
import { render } from "../src/render.ts";
import type { Resource } from "../src/resource.ts";

interface Given {
  readonly inputs?: Resource["inputs"];
  readonly options?: Partial<Resource["options"]>;
}

function resource(type: string, name: string, { inputs = {}, options = {} }: Given = {}): Resource {
  const none = { dependencies: [], propertyDependencies: {}, ignoredChanges: [], aliases: [] };
  return {
    type,
    name,
    urn: `urn:${type}::${name}`,
    id: `${name}-id`,
    inputs,
    options: {
      ...none,
      deleteBeforeReplace: undefined,
      isProtected: false,
      isRetained: false,
      provider: "",
      ...options,
    },
  };
}

const SUBNET = "aws:ec2/subnet:Subnet";
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
const LISTENER = "aws:lb/listener:Listener";
const SECRET = "aws:secretsmanager/secret:Secret";
const MOUNT_TARGET = "aws:efs/mountTarget:MountTarget";

const association = (name: string, table: string) =>
  resource(ASSOCIATION, name, { inputs: { routeTableId: table, subnetId: "subnet-1" } });
const sentences = (before: readonly Resource[], now: readonly Resource[]) =>
  planChange(before, now).refusals.map(({ what }) => what);
const kinds = (before: readonly Resource[], now: readonly Resource[]) =>
  planChange(before, now).changes.map(({ kind }) => kind);

describe("what AWS allows once", () => {
  test("R3: another table for a subnet under the same name is an update", () => {
    expect(sentences([association("a", "rtb-1")], [association("a", "rtb-2")])).toEqual([]);
    expect(kinds([association("a", "rtb-1")], [association("a", "rtb-2")])).toEqual(["update"]);
  });

  test("R3: under another name it is made while the old one holds the subnet", () => {
    expect(sentences([association("a", "rtb-1")], [association("b", "rtb-2")])).toEqual([
      "create of RouteTableAssociation b while RouteTableAssociation a still has what AWS allows once: the route table of subnet-1",
    ]);
  });

  test("R3: a replacement may keep its key only where the old one is deleted first", () => {
    const listener = (balancer: string, deleteBeforeReplace?: boolean) =>
      resource(LISTENER, "http", { inputs: { loadBalancerArn: balancer, port: 80 }, options: { deleteBeforeReplace } });
    const record = (ttl: string, deleteBeforeReplace?: boolean) =>
      resource("aws:iam/rolePolicy:RolePolicy", "p", {
        inputs: { role: "r", name: ttl },
        options: { deleteBeforeReplace },
      });
    expect(sentences([listener("lb-1")], [listener("lb-2")])).toEqual([]);
    // A given name has the provider delete first by itself.
    expect(planChange([record("x")], [record("y")]).changes[0]).toMatchObject({ kind: "replace", deletesFirst: true });
    expect(planChange([record("x")], [record("y", false)]).changes[0]).toMatchObject({ deletesFirst: false });
  });

  test("R3: a mount target is deleted first by the provider's own rule", () => {
    const target = (subnetId: string) => resource(MOUNT_TARGET, "a", { inputs: { fileSystemId: "fs", subnetId } });
    expect(planChange([target("subnet-1")], [target("subnet-2")])).toMatchObject({
      changes: [{ kind: "replace", because: ["subnetId"], deletesFirst: true }],
      refusals: [],
    });
  });

  test("R3: two that exchange what they hold collide", () => {
    const at = (name: string, port: number) => resource(LISTENER, name, { inputs: { loadBalancerArn: "lb", port } });
    expect(sentences([at("a", 80), at("b", 443)], [at("a", 443), at("b", 80)])).toHaveLength(2);
    expect(sentences([at("a", 80)], [at("a", 80), at("b", 80)])).not.toEqual([]);
  });

  test("R3: what depends on a replaced resource has another id, and is replaced where that cannot change in place", () => {
    const subnet = (cidrBlock: string) => resource(SUBNET, "s", { inputs: { vpcId: "vpc", cidrBlock } });
    const dependent = resource(ASSOCIATION, "a", {
      inputs: { routeTableId: "rtb", subnetId: "s-id" },
      options: { propertyDependencies: { subnetId: [`urn:${SUBNET}::s`] } },
    });
    const plan = planChange([subnet("10.0.0.0/24"), dependent], [subnet("10.0.1.0/24"), dependent]);
    expect(plan.changes.map(({ kind }) => kind)).toEqual(["replace", "replace"]);
    expect(plan.refusals.map(({ rule }) => rule)).toEqual(["loss"]);
  });
});

describe("what holds data or an address", () => {
  const secret = (name: string, options: Given["options"] = {}) =>
    resource(SECRET, "db", { inputs: { name }, options });

  test("R3: is neither replaced nor deleted", () => {
    expect(sentences([secret("one")], [secret("two")])).toEqual([
      "replace of Secret db, which holds a secret that processes read for [name]",
    ]);
    expect(sentences([secret("one")], [])).toEqual(["delete of Secret db, which holds a secret that processes read"]);
  });

  test("R3: may be let go where it stays in the cloud, and may be renamed with an alias", () => {
    expect(sentences([secret("one", { isRetained: true })], [])).toEqual([]);
    const renamed = resource(SECRET, "database", {
      inputs: { name: "one" },
      options: { aliases: [`urn:${SECRET}::db`] },
    });
    expect(kinds([secret("one")], [renamed])).toEqual(["same"]);
  });

  test("R3: is refused by the engine as well where it is protected", () => {
    const rules = planChange([secret("one", { isProtected: true })], []).refusals.map(({ rule }) => rule);
    expect(rules).toEqual(["protected", "loss"]);
  });
});

describe("the printed plan", () => {
  test("R3: begins with the refusals and what to do, and counts", () => {
    const text = render(planChange([association("a", "rtb-1")], [association("b", "rtb-2")]));
    expect(text.split("\n")).toEqual([
      "Refused (1):",
      "  create of RouteTableAssociation b while RouteTableAssociation a still has what AWS allows once: the route table of subnet-1",
      "    to do: keep one resource under one logical name for it, or change in two deployments: first let go, then take",
      `    urn:${ASSOCIATION}::b`,
      "",
      "+  aws:ec2:RouteTableAssociation b",
      "-  aws:ec2:RouteTableAssociation a",
      "",
      "1 to create, 0 to update, 0 to replace, 1 to delete, 0 unchanged",
    ]);
  });

  test("R3: a type that the facts do not have is an error, not a guess", () => {
    const queue = (name: string) => resource("aws:sqs/queue:Queue", "q", { inputs: { name } });
    expect(() => planChange([queue("a")], [queue("b")])).toThrow(
      "The change plan knows nothing of aws:sqs/queue:Queue",
    );
  });
});
