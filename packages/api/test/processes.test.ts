import { describe, expect, test } from "vitest";
import { choose } from "../src/processes/front-door.ts";
import { Member } from "../src/processes/member.ts";
import { RequestCounts } from "../src/processes/request-counts.ts";
import { sharesOf } from "../src/processes/shares.ts";

describe("the primary's decisions", () => {
  test("W5: parts of a whole differ by one at most and are nothing but the whole together", () => {
    expect(sharesOf(10, 2)).toEqual([5, 5]);
    expect(sharesOf(5, 2)).toEqual([3, 2]);
    expect(sharesOf(3, 3)).toEqual([1, 1, 1]);
    expect(sharesOf(20, 8)).toEqual([3, 3, 3, 3, 2, 2, 2, 2]);
  });

  test("W5: a connection goes to the process with the fewest, and to one that hangs only when all do", () => {
    const process = (connections: number, beatsMissed = 0, isReady = true, hasDatabase = true) => ({
      connections,
      beatsMissed,
      isReady,
      hasDatabase,
    });
    expect(choose([process(3), process(2)])).toEqual(process(2));
    expect(choose([process(0, 2), process(2, 1)])).toEqual(process(2, 1));
    expect(choose([process(1, 5), process(0, 3)])).toEqual(process(0, 3));
    expect(choose([process(0, 0, false), process(9)])).toEqual(process(9));
    expect(choose([process(0, 0, false)])).toBeUndefined();
    expect(choose([process(0, 0, true, false), process(9)])).toEqual(process(9));
    expect(choose([process(1, 0, true, false), process(0, 0, true, false)])).toEqual(process(0, 0, true, false));
    expect(choose([process(0, 0, true, false), process(9, 3)])).toEqual(process(0, 0, true, false));
  });

  test("A6: a client's minute begins with its first request, and clients that were not seen for longest are forgotten", () => {
    const counts = new RequestCounts(60_000);
    expect(counts.count("a", 1_000)).toEqual({ current: 1, ttl: 60_000 });
    expect(counts.count("a", 31_000)).toEqual({ current: 2, ttl: 30_000 });
    expect(counts.count("b", 31_000)).toEqual({ current: 1, ttl: 60_000 });
    expect(counts.count("a", 61_000)).toEqual({ current: 1, ttl: 60_000 });
    for (let n = 0; n < 4_999; n += 1) counts.count(`other ${n}`, 61_000);
    expect(counts.count("a", 62_000).current).toBe(2);
    expect(counts.count("b", 62_000).current).toBe(1);
  });

  test("A6: a process hangs that was heard once and not for ten beats; one that is still loading does not", () => {
    const member = new Member(0, {} as never, 0);
    const beat = (times: number) => {
      for (let n = 0; n < times; n += 1) member.missBeat();
      return member.hangs;
    };
    expect(beat(60)).toBe(false);
    member.heard({ kind: "alive", connections: 0 });
    expect(beat(10)).toBe(false);
    member.heard({ kind: "alive", connections: 0 });
    expect(beat(10)).toBe(false);
    expect(beat(1)).toBe(true);
  });
});
