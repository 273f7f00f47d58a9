import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { Order } from "../src/order.ts";
import { grantMac, isAuthentic, isAuthenticOrder, orderMac } from "../src/signed-messages.ts";

const KEY = "ab".repeat(32);
const hmac = (text: string) => createHmac("sha256", Buffer.from(KEY, "hex")).update(text).digest("hex");

/** Function and agents are deployed one after the other: the texts of docs/contracts.md must not change. */
test("D4: grants and orders are signed as the contract says", () => {
  const grant = { epoch: 7, deadHolder: "i-a", successor: "i-b" };
  const stepDown: Order = { order: "step-down", epoch: 7, holder: "i-a" };
  const restore: Order = { ...stepDown, order: "restore", backup: "20260102T030405Z-e1", targetTime: null };
  const untilThen = { ...restore, targetTime: "2026-01-02T04:00:00.000Z" };
  expect(grantMac(grant, KEY)).toBe(hmac("cloudy-grant-v1\n7\ni-a\ni-b"));
  expect(orderMac(stepDown, KEY)).toBe(hmac("cloudy-order-v1\nstep-down\n7\ni-a"));
  expect(orderMac(restore, KEY)).toBe(hmac("cloudy-order-v1\nrestore\n7\ni-a\n20260102T030405Z-e1\nlatest"));
  expect(orderMac(untilThen, KEY)).toBe(
    hmac("cloudy-order-v1\nrestore\n7\ni-a\n20260102T030405Z-e1\n2026-01-02T04:00:00.000Z"),
  );
  expect(isAuthentic({ ...grant, mac: grantMac(grant, KEY) }, KEY)).toBe(true);
  expect(isAuthenticOrder(restore, orderMac(restore, KEY), KEY)).toBe(true);
  expect(isAuthenticOrder(restore, orderMac(stepDown, KEY), KEY)).toBe(false);
});
