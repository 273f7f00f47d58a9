import type { NamedTest } from "./named-tests.ts";

/** The tables between these are those whose last column is written here. */
const TABLES = /(<!-- proofs -->\n)(.*?)(<!-- \/proofs -->)/gs;
/** A line of such a table, in front of its last cell. */
const ROW = /^(\| ([A-Z]\d+) \|.*\|)[^|]*\|$/gm;
const NOT_PROVEN = "not proven by a test here";
const NOT_BUILT = "**Not built yet";

/** The rows and the tests do not fit; the message says what to do about it. */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
}

/**
 * The document of requirements with the tests of each row in the last column of its tables.
 * Throws MisfitError for a test of an unknown row, and for a row without a test that does not say why.
 */
export function withProofs(document: string, tests: readonly NamedTest[]): string {
  const seen = new Set<string>();
  const written = document.replace(
    TABLES,
    (_, start, table, end) =>
      start +
      table.replace(ROW, (_line: string, before: string, row: string) => {
        if (seen.has(row)) throw new MisfitError(`docs/requirements.md has row ${row} twice.`);
        seen.add(row);
        const proofs = tests.filter(({ rows }) => rows.includes(row));
        if (proofs.length === 0 && !before.includes(NOT_BUILT)) {
          throw new MisfitError(
            `Row ${row} of docs/requirements.md has no test: say in it what is "${NOT_BUILT}:**", or name a test.`,
          );
        }
        return `${before} ${proofs.length === 0 ? NOT_PROVEN : listed(proofs)} |`;
      }) +
      end,
  );
  refuseUnknownRows(seen, tests);
  return written;
}

function refuseUnknownRows(known: ReadonlySet<string>, tests: readonly NamedTest[]): void {
  const strays = tests.filter(({ rows }) => rows.some((row) => !known.has(row)));
  if (strays.length === 0) return;
  const lines = strays.map(({ file, name }) => `  ${file}: "${name}"`);
  throw new MisfitError(`These tests name a row that docs/requirements.md does not have:\n${lines.join("\n")}`);
}

/** `db-agent: [step](../packages/db-agent/test/step.test.ts) 4, [tls](…) 1`, a package a line. */
function listed(tests: readonly NamedTest[]): string {
  const byPackage = Map.groupBy([...Map.groupBy(tests, ({ file }) => file)], ([file]) => placeOf(file).package);
  return [...byPackage]
    .map(([name, files]) => {
      const links = files.map(([file, { length }]) => `[${placeOf(file).name}](../${file}) ${length}`);
      return `${name}: ${links.join(", ")}`;
    })
    .join("<br>");
}

/** `packages/db-agent/test/step.test.ts` is the file `step` of `db-agent`. */
function placeOf(file: string): { readonly package: string; readonly name: string } {
  const [before = "", name = file] = file.split(/(?:^|\/)test\/(.*)\.test\.ts$/);
  return { package: before.replace(/^packages\//, "") || "repository", name };
}
