import { expect, onTestFinished, test } from "vitest";
import { claimLoopback, type Loopback } from "../src/network/loopback.ts";

async function claim(...vpcIds: string[]): Promise<Loopback> {
  const loopback = await claimLoopback(vpcIds);
  onTestFinished(() => loopback.release());
  return loopback;
}

test("one private address in two VPCs, and in two twins, has a loopback address each", async () => {
  const twin = await claim("vpc-1", "vpc-2");
  const other = await claim("vpc-1");
  const backs = [twin.back("vpc-1", "10.0.1.11"), twin.back("vpc-2", "10.0.1.11"), other.back("vpc-1", "10.0.1.11")];
  expect(new Set(backs).size).toBe(3);
  for (const back of backs) expect(back).toMatch(/^127\.\d+\.1\.11$/);
  expect(() => twin.back("vpc-3", "10.0.1.11")).toThrow("vpc-3 has no loopback network");
});

test("released networks can be had again, and a twin without a VPC has a gateway", async () => {
  const first = await claimLoopback(["vpc-1", "vpc-2"]);
  const taken = [first.back("vpc-1", "10.0.0.9"), first.back("vpc-2", "10.0.0.9")];
  await first.release();
  const second = await claim("vpc-1", "vpc-2");
  expect([second.back("vpc-1", "10.0.0.9"), second.back("vpc-2", "10.0.0.9")]).toEqual(taken);
  expect((await claim()).gateway).toMatch(/^127\.\d+\.0\.1$/);
});
