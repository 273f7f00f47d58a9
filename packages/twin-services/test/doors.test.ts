import { readdirSync } from "node:fs";
import { manualClock } from "@cloudy/twin-model/clock.ts";
import { serviceModel } from "@cloudy/twin-wire/model.ts";
import { services } from "@cloudy/twin-wire/services.ts";
import { describe, expect, test } from "vitest";
import { Iam } from "../src/iam/iam.ts";
import { iamOperations } from "../src/iam/operations.ts";
import { serviceResources } from "../src/resources.ts";
import { graphOf } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

const SOURCE = new URL("../src/", import.meta.url);
/** Services that act on the program but answer no calls. */
const WITHOUT_API = ["efs", "events"];

const folders = readdirSync(SOURCE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** What a door exports under the service's name: `ec2Resources`, `loadBalancingOperations`. */
async function door(folder: string, file: "resources" | "operations"): Promise<unknown> {
  const exported = (await import(new URL(`${folder}/${file}.ts`, SOURCE).href)) as Readonly<Record<string, unknown>>;
  const wanted = `${folder.replaceAll("-", "")}${file}`;
  return Object.entries(exported).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

describe.each(folders)("the doors of %s", (folder) => {
  const files = readdirSync(new URL(`${folder}/`, SOURCE));
  const hasApi = !WITHOUT_API.includes(folder);

  test("are files of the same names in every service", () => {
    expect(files).toEqual(expect.arrayContaining([`${folder}.ts`, "resources.ts"]));
    expect(files.includes("operations.ts")).toBe(hasApi);
  });

  test("lead to its resource types, which are among those of all services", async () => {
    expect(serviceResources).toContain(await door(folder, "resources"));
  });
});

describe("operations", () => {
  test.each(folders.filter((folder) => !WITHOUT_API.includes(folder)))(
    "of %s are made of the service",
    async (folder) => {
      expect(await door(folder, "operations")).toBeTypeOf("function");
    },
  );

  const sts = iamOperations(new Iam({ graph: graphOf([]), clock: manualClock() }));
  const tables = { ...cloudWorld().cloud.operations, sts };

  test("are composed of every service that has an API", () => {
    expect(Object.keys(tables)).toHaveLength(folders.length - WITHOUT_API.length);
  });

  test.each(services)("of $name are known to its SDK by the same names", async (traits) => {
    const { operations } = await serviceModel(traits);
    const named = Object.keys(tables[traits.name] ?? {});
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !operations.has(name))).toEqual([]);
  });
});
