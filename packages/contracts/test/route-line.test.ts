import { expect, test } from "vitest";
import { formatRouteLine, parseRouteLine, type RouteLine } from "../src/route-line.ts";

const TO = {
  routeTableId: "rtb-0a1b2c3d4e5f60718",
  virtualIpCidr: "10.10.10.10/32",
  instanceId: "i-0a1b2c3d4e5f60718",
};

const LINES: readonly (readonly [RouteLine["route"], string])[] = [
  ["kept", "Route on rtb-0a1b2c3d4e5f60718 already pointing to 10.10.10.10/32 via i-0a1b2c3d4e5f60718"],
  ["updated", "Updated route on rtb-0a1b2c3d4e5f60718 to 10.10.10.10/32 via i-0a1b2c3d4e5f60718"],
];

test.each(LINES)("F3, F4: that a route was %s is told to the letter, and read back", (route, line) => {
  expect(formatRouteLine({ route, ...TO })).toBe(line);
  expect(parseRouteLine(line)).toEqual({ route, ...TO });
});

test("F3, F4: the sentence is found in the JSON line that carries it, behind what Lambda puts before it", () => {
  const message = formatRouteLine({ route: "updated", ...TO });
  const line = `2026-05-04T09:00:00.000Z\tc0ffee\tINFO\t${JSON.stringify({ level: "info", message })}`;
  expect(parseRouteLine(line)).toEqual({ route: "updated", ...TO });
});

test("other lines tell nothing of a route", () => {
  expect(
    parseRouteLine("Route on rtb-1 was changed meanwhile and leads to i-b: left to the next round"),
  ).toBeUndefined();
});
