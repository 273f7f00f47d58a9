import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** One import of the repository's code, of a type or of a value. Paths are relative to the root, with `/`. */
export interface Import {
  readonly from: string;
  readonly line: number;
  /** As it stands in the code: `./clock.ts`, `@cloudy/contracts/probe.ts`, `node:net`, `@aws-sdk/client-ec2`. */
  readonly specifier: string;
  /** The file of this repository that it leads to; `undefined` for a library or a module of Node. */
  readonly to: string | undefined;
  /** Nothing of it is there when the code runs. */
  readonly isType: boolean;
  /** It is not imported but started, as a process or a thread. */
  readonly isStarted: boolean;
}

const SOURCES = ["infra/**/*.ts", "packages/**/*.ts", "tools/**/*.ts", "test/**/*.ts"];

/** All files of TypeScript below `root`, sorted. */
export function sourceFiles(root: string): readonly string[] {
  return globSync(SOURCES, { cwd: root, exclude: (path) => path.split(sep).includes("node_modules") })
    .map((path) => path.split(sep).join("/"))
    .sort();
}

/**
 * Every import of `file`: import and export declarations, `import()`, types by `import("…")`, and scripts that another
 * process runs, by `new URL("….ts", …)` or `import.meta.resolve("…")`.
 */
export function importsOf(root: string, file: string): readonly Import[] {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  const found: Import[] = [];
  const add = (node: unknown, { isType = false, isStarted = false } = {}) => {
    const { value, start } = literalOf(node);
    if (value === undefined) return;
    const line = text.slice(0, start).split("\n").length;
    found.push({ from: file, line, specifier: value, to: resolve(root, path, value), isType, isStarted });
  };
  const visitor = new Visitor({
    ImportDeclaration: (node) => add(node.source, { isType: node.importKind === "type" }),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, { isType: true }),
    NewExpression: ({ callee, arguments: [script] }) => {
      const isScript =
        callee.type === "Identifier" && callee.name === "URL" && literalOf(script).value?.endsWith(".ts");
      if (isScript) add(script, { isStarted: true });
    },
    CallExpression: ({ callee, arguments: [specifier] }) => {
      const isResolve =
        callee.type === "MemberExpression" &&
        callee.object.type === "MetaProperty" &&
        callee.property.type === "Identifier" &&
        callee.property.name === "resolve";
      if (isResolve) add(specifier, { isStarted: true });
    },
  });
  visitor.visit(parseSync(path, text).program);
  return found;
}

function literalOf(node: unknown): { readonly value: string | undefined; readonly start: number } {
  const { type, value, start } = (node ?? {}) as { type?: string; value?: unknown; start?: number };
  return { value: type === "Literal" && typeof value === "string" ? value : undefined, start: start ?? 0 };
}

/** As Node resolves it, `exports` of package.json included; so a package that is not declared as a dependency is an error. */
function resolve(root: string, path: string, specifier: string): string | undefined {
  const isOurs = specifier.startsWith(".") || specifier.startsWith("@cloudy/") || /^[\w-]+\.ts$/.test(specifier);
  if (!isOurs) return undefined;
  const target = specifier.startsWith("@cloudy/")
    ? createRequire(path).resolve(specifier)
    : join(dirname(path), specifier);
  return relative(root, target).split(sep).join("/");
}

/** Groups of files that import each other in a circle, each sorted. Tarjan's algorithm for strongly connected components. */
export function circlesIn(imports: readonly Import[]): readonly (readonly string[])[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) {
    if (to !== undefined) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const index = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const own = index.size;
    index.set(file, own);
    let lowest = own;
    stack.push(file);
    for (const target of next.get(file) ?? []) {
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, index.get(target) ?? own);
    }
    if (lowest === own) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1 || next.get(file)?.includes(file)) circles.push(group.sort());
    }
    return lowest;
  };
  for (const file of next.keys()) if (!index.has(file)) visit(file);
  return circles;
}
