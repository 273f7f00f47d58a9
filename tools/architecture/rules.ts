/** What the parts of the repository may know of each other. ARCHITECTURE.md draws it; test/architecture.test.ts holds it. */

export interface PackageRule {
  /** Packages of this repository that its code may import. */
  readonly imports: readonly string[];
  /** Packages that only its tests and developers' commands may import as well. */
  readonly testsImport?: readonly string[];
  /** Packages whose command it may start as a process. */
  readonly starts?: readonly string[];
  /** Libraries that it must not know; `*` at the end stands for any rest. */
  readonly never?: readonly string[];
  /** Files of it that may know them nevertheless. */
  readonly exempt?: readonly string[];
  /** Libraries of which it may know the types alone; `*` as above. */
  readonly typesOf?: readonly string[];
  /** The only libraries and modules of Node that it may know. */
  readonly knows?: readonly string[];
  /** Its folders and files, below src, that know no library and no module of Node at all. */
  readonly pure?: readonly string[];
  /** Its folders and files from the ground up, below src (infra: below infra); an import goes down or stays on its floor. */
  readonly floors?: readonly (readonly string[])[];
  /** The one thing that must hold in it; the reason for what is above. */
  readonly invariant: string;
}

const PULUMI = ["@pulumi/*"];
const SOCKETS_AND_PROCESSES = [
  "node:child_process",
  "node:cluster",
  "node:dgram",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:tls",
  "node:worker_threads",
];

export const RULES: Readonly<Record<string, PackageRule>> = {
  contracts: {
    imports: [],
    knows: ["node:crypto"],
    invariant: "A document that crosses a process has one schema, one type and one parser, and both sides import them.",
  },
  "command-line": {
    imports: ["contracts"],
    never: [...PULUMI, "@aws-sdk/*", ...SOCKETS_AND_PROCESSES],
    invariant: "Every command reads its options, ends on Ctrl-C and tells a user's mistake in the same way.",
  },
  bundle: {
    imports: [],
    invariant: "The same sources give the same bytes, so an unchanged artifact never rolls a group.",
  },
  api: {
    imports: ["contracts"],
    testsImport: ["command-line"],
    never: PULUMI,
    invariant: "No request ends in a lost or doubled row, and no calculation runs on the event loop.",
  },
  "host-metrics": {
    imports: ["contracts"],
    never: PULUMI,
    invariant: "One run sends one set of measurements and ends; nothing stays in memory between two runs.",
  },
  "db-agent": {
    imports: ["contracts"],
    never: PULUMI,
    pure: ["protocol"],
    floors: [["protocol"], ["files"], ["postgres"], ["backup"], ["runtime"], ["agent.ts", "core.ts"]],
    invariant:
      "PostgreSQL of an epoch runs on the holder of that epoch only; step() decides, everything else carries out.",
  },
  failover: {
    imports: ["contracts"],
    never: PULUMI,
    pure: ["decision"],
    floors: [["decision"], ["probe"], ["round"], ["operator"], ["failover.ts", "core.ts"]],
    invariant:
      "decide() is pure and total; what it cannot see it never ends, and every action is looked at again before it is done.",
  },
  operate: {
    imports: ["command-line", "contracts"],
    never: PULUMI,
    invariant: "An operator's word goes to the failover function, which refuses it when it is not safe.",
  },
  infra: {
    imports: ["bundle", "contracts"],
    testsImport: ["api", "change-plan", "db-agent", "failover", "host-metrics", "twin-machines", "twin-model"],
    floors: [
      [
        "settings",
        "policy.ts",
        "stack.ts",
        "names.ts",
        "taken-names.ts",
        "birth.ts",
        "protection.ts",
        "aws-provider.ts",
      ],
      ["instance"],
      ["network"],
      ["secrets", "artifacts"],
      ["web", "database", "failover"],
      ["alarms"],
      ["index.ts"],
    ],
    invariant:
      "Each component takes typed arguments and gives typed outputs; settings are parsed once, before anything is made.",
  },
  "twin-model": {
    imports: [],
    knows: ["node:crypto"],
    invariant: "Plain types and pure functions: what the services and the machines say to each other.",
  },
  "twin-wire": {
    imports: ["twin-model"],
    never: PULUMI,
    invariant: "It speaks AWS's protocols out of the SDK's own schemas and knows no service.",
  },
  "twin-services": {
    imports: ["twin-model", "twin-wire"],
    testsImport: ["observer"],
    never: [...PULUMI, ...SOCKETS_AND_PROCESSES],
    // The requests and answers of its API; a client would open sockets.
    typesOf: ["@aws-sdk/*"],
    invariant: "A service is state over the program's graph and a clock: no socket, no process.",
  },
  "twin-machines": {
    imports: ["twin-model"],
    testsImport: ["twin-services", "twin-wire"],
    never: [...PULUMI, "@aws-sdk/*"],
    // The command `aws` and the log agent inside an instance: clients of AWS as any other there.
    exempt: ["instances/aws-cli.ts", "instances/log-agent.ts"],
    invariant: "Machines are sockets and processes; they know nothing of AWS's services.",
  },
  twin: {
    imports: ["command-line", "contracts", "dashboard", "twin-machines", "twin-model", "twin-services", "twin-wire"],
    testsImport: ["operate"],
    invariant:
      "It records the program, composes services and machines, and is the only one that knows this application.",
  },
  "change-plan": {
    imports: ["command-line", "twin", "twin-model"],
    never: [...PULUMI, "@aws-sdk/*"],
    pure: [
      "facts",
      "birth-refusals.ts",
      "change-plan.ts",
      "change.ts",
      "holders.ts",
      "loss-refusals.ts",
      "once-refusals.ts",
      "once.ts",
      "refusal.ts",
      "render.ts",
      "resource.ts",
    ],
    invariant:
      "A plan is a function of two recorded graphs; what it says of a property is what the provider's source says.",
  },
  simulator: {
    imports: ["command-line", "contracts", "db-agent", "failover"],
    never: [...PULUMI, "@aws-sdk/*", ...SOCKETS_AND_PROCESSES.filter((name) => name !== "node:worker_threads")],
    pure: [
      "code-under-test.ts",
      "engine",
      "files",
      "plan",
      "machine",
      "cloud",
      "checks",
      "world.ts",
      "faults",
      "simulate.ts",
      "mutants",
    ],
    floors: [
      ["code-under-test.ts"],
      ["engine"],
      ["files", "plan"],
      ["machine"],
      ["cloud"],
      ["checks"],
      ["world.ts"],
      ["faults"],
      ["simulate.ts"],
      ["campaign", "mutants"],
      ["main.ts"],
    ],
    invariant: "A seed is one history, to the line; the code under test is the code that is deployed.",
  },
  observer: {
    imports: ["contracts"],
    never: [...PULUMI, ...SOCKETS_AND_PROCESSES],
    invariant: "It reads a running system through AWS's API alone, a twin and AWS alike.",
  },
  dashboard: {
    imports: ["observer"],
    never: [...PULUMI, "@aws-sdk/*"],
    invariant: "It shows what it is handed and decides nothing.",
  },
  loadtest: {
    imports: ["command-line", "contracts", "observer"],
    starts: ["twin"],
    never: PULUMI,
    invariant: "Every acknowledged write is in the ledger, and load never shares a process with what measures it.",
  },
  demo: {
    imports: ["command-line", "dashboard", "loadtest", "observer"],
    never: PULUMI,
    pure: ["phases.ts", "ramp.ts", "stack.ts", "rates.ts"],
    invariant: "The phases are a pure machine; the exit code is 0 only if every promise held.",
  },
  chaos: {
    imports: ["command-line", "contracts", "loadtest"],
    never: PULUMI,
    invariant: "Each experiment breaks real processes and states the promise that must survive it.",
  },
  bench: {
    imports: ["bundle", "command-line"],
    never: PULUMI,
    invariant: "All peers do the same work in turns, in one run.",
  },
};
