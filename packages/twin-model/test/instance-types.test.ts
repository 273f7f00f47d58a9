import { expect, test } from "vitest";
import { INSTANCE_TYPES } from "../src/instance-types.ts";

test.each([
  // type, vCPUs, MB, share
  ["t2.nano", 1, 512, 0.25],
  ["t2.small", 1, 2048, 0.4],
  ["t2.medium", 2, 4096, 0.5],
  ["t3.nano", 2, 512, 0.25],
  ["t4g.small", 2, 2048, 0.4],
  ["m7g.xlarge", 4, 16_384, 1],
  ["t3.2xlarge", 8, 32_768, 1],
])("W5: a %s has %i vCPUs and %i MB, as AWS lists it, and a share of this machine", (name, vcpus, memory_MB, share) => {
  expect(INSTANCE_TYPES.get(name)).toMatchObject({ name, vcpus, memory_MB, share });
});

test("W5: what is not in the table is no type", () => {
  for (const name of ["t3.huge", "m7g.nano", "c9.large", ""]) expect(INSTANCE_TYPES.get(name)).toBeUndefined();
});
