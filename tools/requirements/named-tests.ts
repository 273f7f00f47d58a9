import { type CallExpression, type Expression, parseSync, Visitor } from "oxc-parser";

/** A test and the rows of docs/requirements.md that its name, or that of a `describe` around it, begins with. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
  readonly rows: readonly string[];
}

/** `N3: …`, `W5, W6: …` or `W5 W6: …`. */
const ROWS = /^([A-Z]\d+(?:[, ]+[A-Z]\d+)*):/;
/** These take a table or a condition first, and only then the name. */
const CALLED_TWICE: ReadonlySet<string> = new Set(["each", "for", "runIf", "skipIf"]);
/** What never runs proves nothing. */
const NEVER_RUN: ReadonlySet<string> = new Set(["skip", "todo"]);

/** The tests of a file of vitest, in its order. `test.each` is one test; what is marked `skip` or `todo` is none. */
export function namedTestsOf(file: string, source: string): readonly NamedTest[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  const tests: NamedTest[] = [];
  const around: { readonly node: CallExpression; readonly rows: readonly string[]; readonly runs: boolean }[] = [];
  new Visitor({
    CallExpression(node) {
      const definition = definitionOf(node);
      if (definition === undefined) return;
      const outer = around.at(-1);
      const rows = [...new Set([...(outer?.rows ?? []), ...rowsOf(definition.name)])];
      const runs = outer?.runs !== false && !definition.modifiers.some((modifier) => NEVER_RUN.has(modifier));
      if (definition.kind === "describe") around.push({ node, rows, runs });
      else if (runs) tests.push({ file, name: definition.name, rows });
    },
    "CallExpression:exit"(node) {
      if (around.at(-1)?.node === node) around.pop();
    },
  }).visit(program);
  return tests;
}

function rowsOf(name: string): readonly string[] {
  return ROWS.exec(name)?.[1]?.split(/[, ]+/) ?? [];
}

interface Definition {
  readonly kind: "test" | "describe";
  readonly modifiers: readonly string[];
  readonly name: string;
}

/** Undefined for a call that defines no test, as the inner one of `test.each(table)(name, run)`. */
function definitionOf(call: CallExpression): Definition | undefined {
  const modifiers: string[] = [];
  let callee: Expression = call.callee;
  let calls = 1;
  while (callee.type !== "Identifier") {
    if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
      modifiers.push(callee.property.name);
      callee = callee.object;
    } else if (callee.type === "CallExpression") {
      calls += 1;
      callee = callee.callee;
    } else if (callee.type === "TaggedTemplateExpression") {
      calls += 1;
      callee = callee.tag;
    } else return undefined;
  }
  const kind = KINDS.get(callee.name);
  const callsToName = 1 + modifiers.filter((modifier) => CALLED_TWICE.has(modifier)).length;
  if (kind === undefined || calls !== callsToName) return undefined;
  const [name] = call.arguments;
  return { kind, modifiers, name: name === undefined || name.type === "SpreadElement" ? "" : beginningOf(name) };
}

const KINDS: ReadonlyMap<string, Definition["kind"]> = new Map([
  ["test", "test"],
  ["it", "test"],
  ["describe", "describe"],
  ["suite", "describe"],
]);

/** As much of a text as stands in the source: of a template up to its first value, of a sum its first part. */
function beginningOf(text: Expression): string {
  if (text.type === "Literal" && typeof text.value === "string") return text.value;
  if (text.type === "TemplateLiteral") return text.quasis[0]?.value.cooked ?? "";
  if (text.type === "BinaryExpression" && text.left.type !== "PrivateIdentifier") return beginningOf(text.left);
  return "";
}
