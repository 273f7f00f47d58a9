import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LogAgent } from "./log-agent.ts";
import type { Machine } from "./machine.ts";
import type { Unit } from "./unit.ts";
import type { UnitFile } from "./unit-file.ts";

/** The daemons of Amazon Linux's packages that the twin is itself, by their unit; what they are told is read from their files. */
const DAEMONS: Readonly<Record<string, { readonly execStart: string; readonly create: (machine: Machine) => Unit }>> = {
  "rsyslog.service": { execStart: "/usr/sbin/rsyslogd -n", create: (machine) => new Rsyslog(machine) },
  "amazon-cloudwatch-agent.service": {
    execStart: "/opt/aws/amazon-cloudwatch-agent/bin/start-amazon-cloudwatch-agent",
    create: (machine) => new LogAgent(machine),
  },
};

/** The unit file that a package brings. */
export function installDaemon(machine: Machine, unit: string): void {
  const path = machine.path(`/etc/systemd/system/${unit}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `[Service]\nExecStart=${DAEMONS[unit]?.execStart}\n[Install]\nWantedBy=multi-user.target\n`);
}

/** The unit, if it is one that the twin is itself. */
export function daemonOf(file: UnitFile, machine: Machine): Unit | undefined {
  return DAEMONS[file.name]?.create(machine);
}

/** rsyslog as Amazon Linux configures it: the whole journal in /var/log/messages. */
class Rsyslog implements Unit {
  readonly #machine: Machine;
  isActive = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async start(): Promise<void> {
    if (this.isActive) return;
    this.#machine.journal("rsyslogd: start");
    const messages = this.#machine.path("/var/log/messages");
    mkdirSync(dirname(messages), { recursive: true });
    rmSync(messages, { force: true });
    linkSync(this.#machine.journalPath, messages);
    this.isActive = true;
  }

  async stop(): Promise<void> {
    this.abandon();
  }

  abandon(): void {
    this.isActive = false;
  }
}
