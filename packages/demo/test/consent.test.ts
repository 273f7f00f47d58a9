import { AWS_CLOCK } from "@cloudy/observer/clock.ts";
import { expect, test } from "vitest";
import { consent } from "../src/consent.ts";

const target = {
  connection: { region: "eu-west-1" },
  outputs: { databaseGroupName: "CloudyDB-1", region: "eu-west-1" },
  clock: AWS_CLOCK,
  url: "http://lb.example.com",
};

function asker(isTerminal: boolean, answer = "") {
  const asked: string[] = [];
  return {
    asked,
    isTerminal,
    ask: async (question: string) => {
      asked.push(question);
      return answer;
    },
  };
}

test("T1: whoever says --yes is not asked", async () => {
  const silent = asker(true);
  await consent(target, true, silent);
  expect(silent.asked).toEqual([]);
});

test("T1: without a terminal and without --yes nothing is done, and it is said what to do", async () => {
  await expect(consent(target, false, asker(false))).rejects.toThrow(
    "The demo puts http://lb.example.com under load and TERMINATES the active database instance of CloudyDB-1 in eu-west-1. Nothing was done: there is no terminal to ask on. Say [--yes] if that is what you want.",
  );
});

test("T1: on a terminal it asks, and only yes is yes", async () => {
  const agreeing = asker(true, " Yes\n");
  await consent(target, false, agreeing);
  expect(agreeing.asked[0]).toContain("TERMINATES the active database instance of CloudyDB-1");
  for (const answer of ["", "y", "no"]) {
    await expect(consent(target, false, asker(true, answer))).rejects.toThrow("Nothing was done");
  }
});
