import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { withProofs } from "../tools/requirements/document.ts";
import { namedTestsOf } from "../tools/requirements/named-tests.ts";
import { namedTestsIn } from "../tools/requirements/test-files.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

describe("docs/requirements.md", () => {
  test("counts the tests that there are, and has every row that a test names", () => {
    const document = readFileSync(`${ROOT}docs/requirements.md`, "utf8");
    const isUpToDate = withProofs(document, namedTestsIn(ROOT)) === document;
    expect(isUpToDate, "docs/requirements.md is out of date: run `npx --yes pnpm@12 docs:requirements`").toBe(true);
  });
});

describe("the last column", () => {
  const table = (...rows: readonly string[]) =>
    `| X1 | is not ours | |\n<!-- proofs -->\n${rows.join("\n")}\n<!-- /proofs -->\n`;
  const of = (file: string, ...rows: readonly string[]) => ({ file, name: `${rows.join(", ")}: …`, rows });

  test("counts a row's tests by file and package", () => {
    const tests = [
      of("infra/test/network.test.ts", "X1"),
      of("infra/test/network.test.ts", "X1", "X2"),
      of("packages/api/test/users.test.ts", "X1"),
      of("packages/api/test/listing/pages.test.ts", "X1"),
      of("test/requirements.test.ts", "X2"),
    ];
    expect(withProofs(table("| X1 | one | |", "| X2 | two | what was here |"), tests)).toBe(
      table(
        "| X1 | one | infra: [network](../infra/test/network.test.ts) 2<br>api: [users](../packages/api/test/users.test.ts) 1, [listing/pages](../packages/api/test/listing/pages.test.ts) 1 |",
        "| X2 | two | infra: [network](../infra/test/network.test.ts) 1<br>repository: [requirements](../test/requirements.test.ts) 1 |",
      ),
    );
  });

  test("says that no test proves a row, which must say why", () => {
    const row = "| X1 | one. **Not built yet:** all of it. |";
    expect(withProofs(table(`${row} |`), [])).toBe(table(`${row} not proven by a test here |`));
    expect(() => withProofs(table("| X1 | one | |"), [])).toThrow("Row X1 of docs/requirements.md has no test");
  });

  test("refuses tests of rows that are not there, and a row that is there twice", () => {
    const stray = of("infra/test/network.test.ts", "X1", "N77");
    expect(() => withProofs(table("| X1 | one | |"), [stray])).toThrow('infra/test/network.test.ts: "X1, N77: …"');
    expect(() => withProofs(table("| X1 | one | |", "| X1 | one | |"), [stray])).toThrow("row X1 twice");
  });
});

describe("the names of tests", () => {
  const rowsOf = (source: string) => namedTestsOf("a.test.ts", source).map(({ rows }) => rows);

  test.each([
    ['test("N3: a", () => {});', [["N3"]]],
    [
      'it("W5, W6: a", () => {}); it("W1 W6 D2: a");',
      [
        ["W5", "W6"],
        ["W1", "W6", "D2"],
      ],
    ],
    [`test(\`A2: with \${seed}\`, async () => {});`, [["A2"]]],
    ['test("D4: " + what, { timeout: 1 }, () => {});', [["D4"]]],
    ['test.each([["a", "N1: no"]] as const)("N2: %s", () => {});', [["N2"]]],
    ['test.for(cases.map((one) => [one.name]))("N2: %s", () => {});', [["N2"]]],
    [`test.each\`a\n\${1}\`("N2: $a", () => {});`, [["N2"]]],
    ['test.runIf(process.platform === "linux")("A4: a", () => {});', [["A4"]]],
    ['test.skipIf(isSlow).each([1])("A4: a", () => {});', [["A4"]]],
    ['describe("N1: a", () => { test("b", run); test("N2: c", run); });\ntest("d", run);', [["N1"], ["N1", "N2"], []]],
    ['describe.each(["a"])("N1: %s", () => { describe("b", () => { it("N1: c", run); }); });', [["N1"]]],
    ['test.skip("N1: a", run); it.todo("N1: a"); describe.skip("N1: a", () => { test("b", run); });', []],
    ['// test("N1: a")\nconst text = `test("N1: a")`; /a/.test("N1: a"); expect(a).test("N1: a");', []],
    ['test("an N1: a", run); test("N1 is a", run); test("RFC9457: a", run); test(name, run);', [[], [], [], []]],
  ])("%s", (source, rows) => {
    expect(rowsOf(source)).toEqual(rows);
  });

  test("are not guessed from a file that cannot be parsed", () => {
    expect(() => rowsOf("test(")).toThrow("a.test.ts cannot be parsed");
  });
});
