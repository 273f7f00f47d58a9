import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** A process of a database instance of the twin. */
export interface DatabaseProcess {
  readonly pid: number;
  readonly instanceId: string;
  readonly what: "agent" | "shared-files" | "postgres";
  /** Whether it is the server of postgres that has the others as children. */
  readonly isPostmaster: boolean;
  /** When it began, in clock ticks since the machine was started: with the pid its identity. */
  readonly born: number;
}

/** The descriptor on which every process of postgres carries the lock of its machine (packages/db-agent/README.md). */
const LOCK_DESCRIPTOR = 3;

/** Finds the processes of the twin's database instances. */
export class ProcessFinder {
  readonly #instances: string;
  readonly #known = new Map<number, Known>();
  #looks = 0;

  /** `directory` is the twin's. */
  constructor(directory: string) {
    this.#instances = `${join(directory, "instances")}/`;
  }

  all(): readonly DatabaseProcess[] {
    this.#looks += 1;
    const alive: DatabaseProcess[] = [];
    for (const name of readdirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const known = this.#known.get(pid);
      if (known?.isStranger === true && this.#looks - known.look < STRANGER_LOOKS) continue;
      const stat = statOf(pid);
      if (stat === undefined || stat.isDead) continue;
      // Only postgres stays what it is. A child that the agent forks is the agent by its command line until it calls exec.
      const isKnown = known?.born === stat.born && known.found?.what === "postgres";
      const found = isKnown ? known.found : this.#identify(pid, stat);
      // What is being started changes its command and its descriptors for a moment.
      const isStranger = found === undefined && uptimeTicks() - stat.born > YOUNG_TICKS;
      this.#known.set(pid, { born: stat.born, found, isStranger, look: this.#looks });
      if (found !== undefined) alive.push(found);
    }
    return alive;
  }

  #identify(pid: number, { command, parent, born }: Stat): DatabaseProcess | undefined {
    if (command === "postgres") {
      const instanceId = this.#instanceOf(linkOf(`/proc/${pid}/fd/${LOCK_DESCRIPTOR}`));
      // A child has its parent's command line until it has got a title, an orphan keeps its title.
      const isServer = textOf(`/proc/${pid}/cmdline`)?.includes("\0-D\0") === true;
      const isPostmaster = isServer && statOf(parent)?.command !== "postgres";
      return instanceId === undefined ? undefined : { pid, instanceId, what: "postgres", isPostmaster, born };
    }
    const line = textOf(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
    const entry = line.findIndex((argument) => argument.endsWith("/db-agent/agent.mjs"));
    const instanceId = this.#instanceOf(line[entry]);
    const mode = line[entry + 1] ?? "";
    if (instanceId === undefined || (mode !== "" && mode !== "shared-files")) return undefined;
    return { pid, instanceId, what: mode === "" ? "agent" : "shared-files", isPostmaster: false, born };
  }

  #instanceOf(path: string | undefined): string | undefined {
    if (path?.startsWith(this.#instances) !== true) return undefined;
    return path.slice(this.#instances.length).split("/")[0];
  }
}

interface Stat {
  readonly command: string;
  readonly parent: number;
  readonly isDead: boolean;
  readonly born: number;
}

interface Known {
  readonly born: number;
  readonly found: DatabaseProcess | undefined;
  readonly isStranger: boolean;
  readonly look: number;
}

/** A stranger's number may go to a new process: it is asked again now and then. Looking at all of them costs most. */
const STRANGER_LOOKS = 25;

/** A process has its final command by then. In clock ticks of a hundredth of a second. */
const YOUNG_TICKS = 100;

/** `/proc/<pid>/stat` is `pid (command) state parent ...`; the 22nd field is when it began. */
function statOf(pid: number): Stat | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  const match = text === undefined ? null : /^\d+ \((.*)\) (\S) (\d+) (.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, command = "", state = "", parent = "", rest = ""] = match;
  const born = Number(rest.split(" ")[17]);
  return { command, parent: Number(parent), isDead: state === "Z" || state === "X", born };
}

/** Time since the machine was started, in the unit of `born`. */
export function uptimeTicks(): number {
  return Number((textOf("/proc/uptime") ?? "0").split(" ")[0]) * 100;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Signals a process that may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
