import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { UserError } from "@cloudy/command-line";
import { type AgentLogCode, parseAgentLine } from "@cloudy/contracts/agent-log.ts";
import { tryParseJson } from "@cloudy/contracts/document.ts";
import { EpochRecordSchema } from "@cloudy/contracts/epoch-record.ts";
import type { LogLine } from "@cloudy/contracts/log-line.ts";
import { parseOutputs } from "@cloudy/contracts/stack-outputs.ts";
import { createLedger, type Ledger } from "@cloudy/loadtest/ledger.ts";
import { createRandom } from "@cloudy/loadtest/random.ts";
import { headersOf, type Target } from "@cloudy/loadtest/target.ts";
import { startTraffic, type Traffic } from "@cloudy/loadtest/traffic.ts";
import { LOOK_INTERVAL_MS, STANDBY_MS, WAIT_INTERVAL_MS } from "./constants.ts";
import { BrokenPromise } from "./errors.ts";
import { type DatabaseProcess, ProcessFinder, signal, uptimeTicks } from "./processes.ts";
import { WriterWatch } from "./writer-watch.ts";

export interface Epoch {
  readonly number: number;
  readonly holder: string;
  readonly isReleased: boolean;
}

/** The twin under experiment: its processes, its epochs, its API, and writes that never stop. */
export class World {
  readonly target: Target;
  readonly directory: string;
  readonly ec2: EC2Client;
  readonly ledger: Ledger = createLedger();
  readonly watch = new WriterWatch();
  readonly prefix: string;
  readonly say: (line: string) => void;
  readonly #finder: ProcessFinder;
  readonly #traffic: Traffic;
  readonly #looking: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  readonly #epochs: string;
  readonly #databaseGroup: string;
  #processes: readonly DatabaseProcess[] = [];

  constructor(options: {
    readonly target: Target;
    readonly seed: number;
    readonly say: (line: string) => void;
    readonly signal: AbortSignal;
  }) {
    const { target, seed } = options;
    if (target.directory === undefined)
      throw new UserError("The twin's line lacks [directory]: it is an older twin's.");
    this.target = target;
    this.directory = target.directory;
    this.say = options.say;
    this.#signal = options.signal;
    this.#databaseGroup = parseOutputs(target.outputs, "the twin's line", ["databaseGroupName"]).databaseGroupName;
    this.ec2 = new EC2Client({ ...target.connection });
    this.#epochs = epochsOf(this.directory);
    this.#finder = new ProcessFinder(this.directory);
    this.prefix = `chaos-${seed.toString(36)}-${Math.round(Date.now() / 1000).toString(36)}`;
    this.#traffic = startTraffic({
      url: target.url,
      headers: headersOf(target),
      ledger: this.ledger,
      prefix: this.prefix,
      random: createRandom(seed),
      onFailure: () => undefined,
    });
    this.#look();
    this.#looking = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
  }

  processes(what: DatabaseProcess["what"], instanceId: string): readonly DatabaseProcess[] {
    return this.#processes.filter((process) => process.what === what && process.instanceId === instanceId);
  }

  /** All of one instance's database: agent, its children and postgres. */
  everything(instanceId: string): readonly DatabaseProcess[] {
    return this.#processes.filter((process) => process.instanceId === instanceId);
  }

  postmaster(instanceId: string): DatabaseProcess | undefined {
    return this.processes("postgres", instanceId).find(({ isPostmaster }) => isPostmaster);
  }

  kill(process: DatabaseProcess | undefined, name: NodeJS.Signals): void {
    if (process === undefined) throw new BrokenPromise(`there is no process to send ${name} to`);
    this.say(`     ${name} to the ${process.what} ${process.pid} of ${process.instanceId}`);
    signal(process.pid, name);
  }

  /** The highest epoch in the shared directory itself. */
  epoch(): Epoch {
    const names = readdirSync(this.#epochs);
    const number = Math.max(0, ...names.map((name) => Number(/^epoch-(\d+)\.json$/.exec(name)?.[1] ?? 0)));
    const text = readFileSync(join(this.#epochs, `epoch-${number}.json`), "utf8");
    const record = tryParseJson(EpochRecordSchema, text);
    if (record === undefined) throw new BrokenPromise(`epoch ${number} names no holder: ${text}`);
    return { number, holder: record.holder, isReleased: names.includes(`epoch-${number}.released`) };
  }

  epochNames(): readonly string[] {
    return readdirSync(this.#epochs).filter((name) => name.startsWith("epoch-"));
  }

  /** What the instance's agents have logged, out of its journal, where all its processes write. */
  log(instanceId: string): readonly LogLine<AgentLogCode>[] {
    const journal = readFileSync(join(this.directory, "instances", instanceId, "journal.log"), "utf8");
    return journal.split("\n").flatMap((line) => parseAgentLine(line) ?? []);
  }

  async databases(): Promise<readonly string[]> {
    const answer = await this.ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: "tag:aws:autoscaling:groupName", Values: [this.#databaseGroup] },
          { Name: "instance-state-name", Values: ["running"] },
        ],
      }),
    );
    const instances = (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    return instances.flatMap(({ InstanceId }) => InstanceId ?? []).sort();
  }

  /** Resolves when `isSo` holds; rejects with BrokenPromise when that takes too long. */
  async until(what: string, limit_ms: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const end_ms = Date.now() + limit_ms;
    while (!(await isSo())) {
      this.#signal.throwIfAborted();
      if (Date.now() > end_ms) throw new BrokenPromise(`${what}: not within ${limit_ms / 1000} s`);
      await sleep(WAIT_INTERVAL_MS);
    }
  }

  pause(time_ms: number): Promise<void> {
    return sleep(time_ms, undefined, { signal: this.#signal });
  }

  /** A write that was sent after this moment is acknowledged. */
  async acknowledges(limit_ms: number): Promise<void> {
    const since_ms = Date.now();
    await this.until("a write is acknowledged again", limit_ms, () =>
      [...this.ledger.writes()].some(({ outcome, sent_ms }) => outcome === "acknowledged" && sent_ms > since_ms),
    );
  }

  /** A writer and another instance that could take over at once: what every experiment begins with. */
  async isReady(): Promise<void> {
    await this.until("a writer and a standby", STANDBY_MS, async () => {
      const { holder, isReleased } = this.epoch();
      if (isReleased || this.postmaster(holder) === undefined) return false;
      const running = await this.databases();
      return running.includes(holder) && running.some((id) => id !== holder && this.#standsBy(id));
    });
    await this.acknowledges(STANDBY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await this.#traffic.stop();
    this.ec2.destroy();
  }

  /** Sends no more writes; those under way are waited for. */
  async stopWriting(): Promise<void> {
    await this.#traffic.stop();
  }

  #standsBy(instanceId: string): boolean {
    if (this.processes("agent", instanceId).length !== 1) return false;
    const last = this.log(instanceId).findLast(({ code }) => code === "state-changed");
    return last?.fields["role"] === "standby" && last.fields["postgres"] === "absent";
  }

  #look(): void {
    const now = uptimeTicks();
    this.#processes = this.#finder.all();
    this.watch.look(this.#processes, now);
  }
}

/** The shared directory's epochs, as the file system's server has them. */
function epochsOf(directory: string): string {
  const root = join(directory, "efs");
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isDirectory() && entry.name === "epochs");
  if (found === undefined) throw new UserError(`There is no directory of epochs below ${root}: is the database up?`);
  return join(found.parentPath, found.name);
}
