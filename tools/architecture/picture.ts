import type { Import } from "./imports.ts";
import { RULES } from "./rules.ts";
import { isTest, partOf } from "./violations.ts";

/** How the picture groups the packages, from what people start to what runs on AWS. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  "commands for people": ["demo", "chaos", "operate", "change-plan", "bench", "simulator"],
  "what they look with": ["dashboard", "observer", "loadtest"],
  "the local cloud": ["twin", "twin-services", "twin-machines", "twin-wire", "twin-model"],
  "the program": ["infra", "bundle"],
  "what runs on AWS": ["api", "db-agent", "failover", "host-metrics"],
};

/** Packages that nearly all others use: arrows to them would hide the rest. */
const EVERYWHERE = ["contracts", "command-line"];

/** A Mermaid flowchart of the packages, drawn from the imports of their code (tests left out). */
export function picture(imports: readonly Import[]): string {
  const grouped = Object.entries(GROUPS).map(([title, names], index) =>
    [`  subgraph g${index}["${title}"]`, ...names.map((name) => `    ${name}`), "  end"].join("\n"),
  );
  const drawn = imports.filter(({ to, from }) => to !== undefined && !isTest(from));
  const arrows = new Set(drawn.flatMap((found) => arrowOf(found) ?? []));
  return ["```mermaid", "flowchart TD", ...grouped, ...[...arrows].sort(), "```"].join("\n");
}

function arrowOf({ from, to = "", isStarted }: Import): string | undefined {
  const [here, there] = [partOf(from), partOf(to)];
  if (here === there || here === "." || EVERYWHERE.includes(there)) return undefined;
  return `  ${here} ${isStarted ? "-. starts .->" : "-->"} ${there}`;
}

/** A row a package: what it may import and what holds in it. */
export function codeMap(): string {
  const rows = Object.entries(RULES).map(([name, { imports, invariant }]) => {
    const folder = name === "infra" ? "infra" : `packages/${name}`;
    const known = imports.length === 0 ? "nothing" : imports.join(", ");
    return `| [${name}](${folder}) | ${known} | ${invariant} |`;
  });
  return ["| package | may import | what must hold in it |", "| --- | --- | --- |", ...rows].join("\n");
}
