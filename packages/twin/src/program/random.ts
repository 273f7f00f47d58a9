import { randomBytes } from "node:crypto";
import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Values of @pulumi/random are made while the program is recorded. */
export const randomResources: ResourceTypes = {
  "random:index/randomPassword:RandomPassword": {
    reads: ["length", "special"],
    // Letters, digits, "-" and "_": special characters are not needed to be a good password.
    computed: (s) => ({ id: "none", result: randomText(Number(s.inputs["length"])) }),
  },
  "random:index/randomId:RandomId": {
    reads: ["byteLength"],
    awsOnly: { keepers: "the state remembers them; a twin is always new" },
    // A part of names, which are the same in every run.
    computed: (s) => ({ id: "none", hex: s.hex(2 * Number(s.inputs["byteLength"])) }),
  },
  "random:index/randomBytes:RandomBytes": {
    reads: ["length"],
    computed: (s) => {
      const bytes = randomBytes(Number(s.inputs["length"]));
      return { id: "none", hex: bytes.toString("hex"), base64: bytes.toString("base64") };
    },
  },
};

function randomText(length: number): string {
  return randomBytes(length).toString("base64url").slice(0, length);
}
