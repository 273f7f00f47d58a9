import { describe, expect, test } from "vitest";
import { architectureOf } from "../instance/machine-type.ts";
import { devConfig, record, stackConfig } from "./record.ts";

describe("instance types", () => {
  test("R5: a type that one of its zones does not offer is refused with setting, type, zone and what to do", async () => {
    await expect(record(await devConfig(), { missing: ["t2.nano in eu-west-1b"] })).rejects.toThrow(
      '[cloudy:webInstanceType] is "t2.nano", but must be a type that eu-west-1b offers, where only eu-west-1a, eu-west-1c do: ' +
        "for example t3.nano or t4g.nano; or choose other [cloudy:zones].",
    );
  });

  test("R5: a type that the region does not have is refused, too", async () => {
    await expect(record(await devConfig({ "cloudy:databaseInstanceType": "t9.nano" }))).rejects.toThrow(
      /^\[cloudy:databaseInstanceType\] is "t9\.nano", but must be a type .* where no zone of this region does: /,
    );
  });

  test("R5: a NAT instance needs its type in its own zone alone, and without one nothing is asked of it", async () => {
    const missing = ["t3.nano in eu-west-1b"];
    const inFirstZone = await record(await devConfig({ "cloudy:natInstanceType": "t3.nano" }), { missing });
    expect(inFirstZone.one("aws:ec2/launchTemplate:LaunchTemplate", "nat").inputs["instanceType"]).toBe("t3.nano");
    const elsewhere = await devConfig({ "cloudy:natInstanceType": "t3.nano" });
    await expect(record(elsewhere, { missing: ["t3.nano in eu-west-1a"] })).rejects.toThrow(
      /^\[cloudy:natInstanceType\] is "t3\.nano"/,
    );
    await record(await stackConfig("prod", { "cloudy:natInstanceType": "t9.nano" }));
  });

  test("R5: a type that no image of Amazon Linux runs on is refused", () => {
    expect(() => architectureOf("mac2.metal", ["arm64_mac"])).toThrow("a mac2.metal has arm64_mac");
  });
});
