import { expect, test } from "vitest";
import { leftUsers } from "../src/left-users.ts";

const comparison = { acknowledged: 592, lost: ["a"], doubled: [], unanswered: 16, unansweredButStored: 1 };

test("what stays in the database is said with its number, its names and how to remove it", () => {
  expect(leftUsers("demo-1-x", comparison, 608)).toEqual([
    "592 users of this run stay in the database, since the API removes none: their names begin with demo-1-x-",
    "To remove them: DELETE FROM users WHERE username LIKE 'demo-1-x-%';",
  ]);
});

test("of a run that was interrupted nobody knows exactly", () => {
  expect(leftUsers("demo-1-x", undefined, 30)[0]).toContain("Up to 30 users of this run");
});
