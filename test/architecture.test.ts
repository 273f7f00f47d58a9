import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { withPicture } from "../tools/architecture/document.ts";
import { circlesIn, type Import, importsOf, sourceFiles } from "../tools/architecture/imports.ts";
import { RULES } from "../tools/architecture/rules.ts";
import { isTest, partOf, violations } from "../tools/architecture/violations.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const files = sourceFiles(ROOT);
const imports = files.flatMap((file) => importsOf(ROOT, file));

describe("the repository", () => {
  test("has no circle of imports, types included", () => {
    expect(circlesIn(imports).map((circle) => circle.join(" -> "))).toEqual([]);
  });

  test("imports only what the rules allow", () => {
    expect(violations(imports)).toEqual([]);
  });

  test("is allowed no import that it does not have", () => {
    const has = (here: string, there: string, only: (found: Import) => boolean) =>
      imports.some(({ to = "", ...found }) => {
        return partOf(found.from) === here && partOf(to) === there && only({ ...found, to });
      });
    const unused = Object.entries(RULES).flatMap(([name, { imports: own, testsImport = [], starts = [] }]) => [
      ...own.filter((other) => !has(name, other, ({ from, isStarted }) => !isTest(from) && !isStarted)),
      ...testsImport.filter((other) => !has(name, other, ({ from }) => isTest(from))),
      ...starts.filter((other) => !has(name, other, ({ isStarted }) => isStarted)),
    ]);
    expect(unused).toEqual([]);
  });

  test("has a rule for every package, and a package for every rule", () => {
    const packages = new Set(files.map(partOf).filter((part) => part !== "."));
    expect([...packages].sort()).toEqual(Object.keys(RULES).sort());
  });
});

test("ARCHITECTURE.md shows the imports as they are; `pnpm docs:architecture` draws it anew", () => {
  const document = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  expect(withPicture(document, imports)).toBe(document);
});

describe("a forbidden import is refused with the rule", () => {
  const importOf = (from: string, specifier: string, to?: string): Import => ({
    from,
    line: 3,
    specifier,
    to,
    isType: false,
    isStarted: false,
  });

  test.each([
    [
      importOf("packages/api/src/app.ts", "@cloudy/twin-model/clock.ts", "packages/twin-model/src/clock.ts"),
      `packages/api/src/app.ts:3 imports twin-model, but api may import contracts alone. ${RULES["api"]?.invariant}`,
    ],
    [
      importOf("packages/twin-model/src/clock.ts", "../../twin/src/twin.ts", "packages/twin/src/twin.ts"),
      "packages/twin-model/src/clock.ts:3 goes past a package's border by ../../twin/src/twin.ts: import it by its package's name.",
    ],
    [
      importOf("packages/twin-services/src/ec2/ec2.ts", "node:net"),
      `packages/twin-services/src/ec2/ec2.ts:3 imports node:net, which twin-services must not know. ${RULES["twin-services"]?.invariant}`,
    ],
    [
      importOf("packages/twin-services/src/ec2/ec2.ts", "@aws-sdk/client-ec2"),
      `packages/twin-services/src/ec2/ec2.ts:3 imports @aws-sdk/client-ec2, which twin-services must not know. ${RULES["twin-services"]?.invariant}`,
    ],
    [
      importOf("packages/contracts/src/grant.ts", "zod"),
      `packages/contracts/src/grant.ts:3 imports zod, which contracts must not know. ${RULES["contracts"]?.invariant}`,
    ],
    [
      importOf("packages/failover/src/decision/decide.ts", "node:fs"),
      `packages/failover/src/decision/decide.ts:3 imports node:fs, which decision of failover must not know. ${RULES["failover"]?.invariant}`,
    ],
    [
      importOf("packages/failover/src/decision/decide.ts", "../round/round.ts", "packages/failover/src/round/round.ts"),
      "packages/failover/src/decision/decide.ts:3 imports upward, from the floor of decision to that of round. " +
        "Floors of failover from the ground: the rest; decision; probe; round; operator; failover.ts, core.ts.",
    ],
  ])("%o", (bad, sentence) => {
    expect(violations([bad])).toEqual([sentence]);
  });

  test("a library's types may be known without the library, and what only part of a package must not know by the rest", () => {
    const types = importOf("packages/twin-services/src/ec2/ec2.ts", "@aws-sdk/client-ec2");
    expect(violations([{ ...types, isType: true }])).toEqual([]);
    expect(violations([importOf("packages/failover/src/round/observe.ts", "node:fs")])).toEqual([]);
  });

  test("a test may import what its package's tests need besides", () => {
    const to = "packages/operate/src/switchover.ts";
    const needed = importOf("packages/twin/test/end-to-end.test.ts", "@cloudy/operate/switchover.ts", to);
    expect(violations([needed])).toEqual([]);
    expect(violations([{ ...needed, from: "packages/twin/src/up.ts" }])).toHaveLength(1);
  });

  test("a command that may be started may not be imported", () => {
    const started = importOf("packages/loadtest/src/a.ts", "@cloudy/twin/main.ts", "packages/twin/src/main.ts");
    expect(violations([{ ...started, isStarted: true }])).toEqual([]);
    expect(violations([started])).toHaveLength(1);
  });

  test("a circle is found, however long", () => {
    const chain = ["a", "b", "c"].map((name, index, all) => importOf(name, "x", all[(index + 1) % all.length]));
    expect(circlesIn([...chain, importOf("d", "x", "a")])).toEqual([["a", "b", "c"]]);
    expect(circlesIn(chain.slice(1))).toEqual([]);
  });
});
