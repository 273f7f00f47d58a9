import { expect, test } from "vitest";
import { placeLabels } from "../page/place-labels.ts";

test("sentences far apart share a row, near ones go below each other", () => {
  const placed = placeLabels(
    [
      { x: 0, width: 100 },
      { x: 20, width: 100 },
      { x: 300, width: 100 },
    ],
    1000,
    5,
  );
  expect(placed.map((place) => place?.row)).toEqual([0, 1, 0]);
});

test("no text overlaps another, and none leaves the axis", () => {
  const labels = [0, 5, 90, 91, 200, 380, 390, 395, 399].map((x) => ({ x, width: 150 }));
  const placed = placeLabels(labels, 400, 12).map((place, index) => ({ ...place, x: labels[index]?.x ?? 0 }));
  for (const { left = -1, width = 0 } of placed) {
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left + width).toBeLessThanOrEqual(400);
  }
  for (const [index, one] of placed.entries()) {
    for (const other of placed.slice(index + 1).filter((candidate) => candidate.row === one.row)) {
      const isApart =
        (one.left ?? 0) + (one.width ?? 0) <= (other.left ?? 0) ||
        (other.left ?? 0) + (other.width ?? 0) <= (one.left ?? 0);
      expect(isApart).toBe(true);
    }
  }
});

test("what finds no room within the rows is left out, not drawn over others", () => {
  const placed = placeLabels(
    [
      { x: 0, width: 100 },
      { x: 1, width: 100 },
      { x: 2, width: 100 },
    ],
    400,
    2,
  );
  expect(placed.map((place) => place?.row)).toEqual([0, 1, undefined]);
});
