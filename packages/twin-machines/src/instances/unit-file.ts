import { UserDataError } from "./errors.ts";

/** Sections and their values in order; a key may come several times. */
type Sections = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** A unit file of systemd, with accessors for what the twin acts on. */
export interface UnitFile {
  readonly name: string;
  /** The last value of a key, as systemd reads settings that take one. */
  value(section: string, key: string): string | undefined;
  /** All values of a key; an empty one resets the list. */
  values(section: string, key: string): readonly string[];
  /** Space-separated unit names of a key. */
  names(section: string, key: string): readonly string[];
  isTrue(section: string, key: string): boolean;
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Unit: [
    "Description",
    "Documentation",
    "After",
    "Before",
    "Wants",
    "Requires",
    "RequiresMountsFor",
    "ConditionPathExists",
    "StartLimitIntervalSec",
    "StartLimitBurst",
  ],
  Service: [
    "Type",
    "User",
    "Group",
    "DynamicUser",
    "StateDirectory",
    "EnvironmentFile",
    "Environment",
    "ExecStartPre",
    "ExecStart",
    "Restart",
    "RestartSec",
    "TimeoutStartSec",
    "TimeoutStopSec",
    "KillMode",
    "KillSignal",
    "RemainAfterExit",
    // Its own memory is all that the twin knows of.
    "OOMScoreAdjust",
  ],
  Mount: ["What", "Where", "Type", "Options"],
  Timer: ["OnBootSec", "OnCalendar", "OnUnitActiveSec", "AccuracySec", "Unit"],
  Install: ["WantedBy", "RequiredBy"],
};

/** Switches that take rights away, or say who goes first without memory: a process can't tell, so the twin leaves them to AWS. */
const HARDENING =
  /^(OOMScoreAdjust|NoNewPrivileges|Private\w+|Protect\w+|Restrict\w+|ReadWritePaths|ReadOnlyPaths|InaccessiblePaths|CapabilityBoundingSet|AmbientCapabilities|LockPersonality|MemoryDenyWriteExecute|SystemCall\w+|UMask|RemoveIPC)$/;

export function parseUnitFile(name: string, text: string): UnitFile {
  const sections = readSections(name, text);
  const values = (section: string, key: string) => {
    const all = sections.get(section)?.get(key) ?? [];
    return all.slice(all.lastIndexOf("") + 1);
  };
  const value = (section: string, key: string) => values(section, key).at(-1);
  return {
    name,
    value,
    values,
    names: (section, key) => values(section, key).flatMap((line) => line.split(/\s+/).filter(Boolean)),
    isTrue: (section, key) => ["yes", "true", "on", "1"].includes(value(section, key) ?? "no"),
  };
}

function readSections(name: string, text: string): Sections {
  const sections = new Map<string, Map<string, string[]>>();
  let current: { readonly section: string; readonly keys: Map<string, string[]> } | undefined;
  for (const line of text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .map((raw) => raw.trim())) {
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      if (KNOWN[header] === undefined)
        throw new UserDataError(`${name}: the section [${header}] is not modelled by the twin.`);
      const keys = sections.get(header) ?? new Map<string, string[]>();
      sections.set(header, keys);
      current = { section: header, keys };
      continue;
    }
    const [, key = "", setting = ""] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (current === undefined || key === "")
      throw new UserDataError(`${name}: "${line}" is not a setting in a section.`);
    const isKnown =
      KNOWN[current.section]?.includes(key) || (["Service", "Mount"].includes(current.section) && HARDENING.test(key));
    if (!isKnown) throw new UserDataError(`${name}: ${key}= in [${current.section}] is not modelled by the twin.`);
    current.keys.set(key, [...(current.keys.get(key) ?? []), setting]);
  }
  return sections;
}

/** Splits a command line or list of assignments as systemd does: spaces separate, quotes keep together. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+))+/g)) words.push(unquote(match[0]));
  return words;
}

/** `"a b"c` -> `a bc`. */
function unquote(word: string): string {
  return word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_match, double?: string, single?: string) =>
    double === undefined ? (single ?? "") : double.replaceAll(/\\(.)/g, "$1"),
  );
}

/** The variables of an EnvironmentFile. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const at = line.indexOf("=");
    if (at > 0) variables[line.slice(0, at)] = unquote(line.slice(at + 1));
  }
  return variables;
}
