import type { Import } from "./imports.ts";
import { type PackageRule, RULES } from "./rules.ts";

/** One sentence for each import that a rule forbids; it names the rule. */
export function violations(imports: readonly Import[]): readonly string[] {
  return imports.flatMap((found) => violation(found) ?? []);
}

function violation(found: Import): string | undefined {
  const { from, line, specifier, to, isStarted } = found;
  const place = `${from}:${line}`;
  const here = partOf(from);
  const rule = RULES[here];
  if (to === undefined) {
    if (rule === undefined || isTest(from) || !isForbidden(found, rule)) return undefined;
    const pure = rule.pure?.find((inside) => isBelow(from, inside));
    return `${place} imports ${specifier}, which ${pure === undefined ? here : `${pure} of ${here}`} must not know. ${rule.invariant}`;
  }
  const there = partOf(to);
  if (here === there) return rule === undefined ? undefined : upward(found, here, rule);
  if (specifier.startsWith(".")) {
    return `${place} goes past a package's border by ${specifier}: import it by its package's name.`;
  }
  if (rule === undefined) return undefined;
  const allowed = [
    ...rule.imports,
    ...(isStarted ? (rule.starts ?? []) : []),
    ...(isTest(from) ? (rule.testsImport ?? []) : []),
  ];
  if (allowed.includes(there)) return undefined;
  const names = allowed.length === 0 ? "nothing of this repository" : allowed.join(", ");
  return `${place} imports ${there}, but ${here} may import ${names}${allowed.length === 1 ? " alone" : ""}. ${rule.invariant}`;
}

function upward({ from, line, to = "" }: Import, part: string, rule: PackageRule): string | undefined {
  const { floors } = rule;
  if (floors === undefined || isTest(from)) return undefined;
  const [own, target] = [floorOf(from, floors), floorOf(to, floors)];
  if (target <= own) return undefined;
  const names = floors.map((floor) => floor.join(", ")).join("; ");
  return (
    `${from}:${line} imports upward, from the floor of ${floors[own]?.join(", ") ?? "the rest"} to that of ` +
    `${floors[target]?.join(", ")}. Floors of ${part} from the ground: the rest; ${names}.`
  );
}

/** -1 is the ground, which everybody in the package may use. */
function floorOf(path: string, floors: readonly (readonly string[])[]): number {
  return floors.findIndex((floor) => floor.some((place) => isBelow(path, place)));
}

/** `failover` for packages/failover/…, `infra` for infra/…; tools and tests of the whole repository are one part, `.`. */
export function partOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  if (first === "packages") return second;
  return first === "infra" ? first : ".";
}

/** Tests, and what only developers run (`pnpm dev:api`): nothing of it is deployed. */
export function isTest(path: string): boolean {
  return path.split("/").some((folder) => folder === "test" || folder === "dev");
}

function isForbidden({ from, specifier, isType }: Import, rule: PackageRule): boolean {
  const { never = [], exempt = [], typesOf = [], knows = [specifier], pure = [] } = rule;
  const isOneOf = (names: readonly string[]) =>
    names.some((name) => (name.endsWith("*") ? specifier.startsWith(name.slice(0, -1)) : specifier === name));
  if (exempt.some((file) => isBelow(from, file))) return false;
  if (pure.some((place) => isBelow(from, place)) || !isOneOf(knows)) return true;
  return isOneOf(never) || (!isType && isOneOf(typesOf));
}

function isBelow(path: string, place: string): boolean {
  const inside = path.replace(/^infra\/|^packages\/[^/]+\/src\//, "");
  return inside === place || inside.startsWith(`${place}/`);
}
