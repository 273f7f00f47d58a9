import { SECRETS_MISSING } from "../src/protocol/means.ts";
import type { AgentState, Epoch, Event, Shared } from "../src/protocol/state.ts";
import { initialState } from "../src/protocol/state.ts";
import { step } from "../src/protocol/step.ts";
import { EPOCHS_MAX, FRESH, forget, type Instance, perform } from "./model-instance.ts";
import { bit, type World } from "./model-slots.ts";
import type { Model } from "./model-world.ts";

const NAMES: readonly string[] = ["i-a", "i-b", "i-c"];

/** One instance with the agent's whole state, looks under way and their numbers, as src/runtime.ts keeps them. */
interface Machine {
  instance: Instance;
  looks: { readonly order: number; readonly asked_at: number }[];
  order: number;
  lateLinks: number[];
  lateReleases: number[];
}

/** Three real agents over one directory; a seed decides what happens next. */
export class RandomWorld {
  readonly #random: () => number;
  readonly #machines: readonly Machine[] = NAMES.map(() => ({
    instance: FRESH,
    looks: [],
    order: 0,
    lateLinks: [],
    lateReleases: [],
  }));
  #epochs: readonly Epoch[] = [];
  /** Every state that the directory ever had. */
  readonly #history: (Epoch | undefined)[] = [undefined];

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  /** More epochs are asked for than the model has. */
  isFull(): boolean {
    return this.#machines.some(({ instance }) => (instance.make?.number ?? 0) > EPOCHS_MAX);
  }

  abstract(model: Model): World {
    const mask = (numbers: readonly number[]) => numbers.reduce((bits, number) => bits | bit(number), 0);
    const slots = this.#machines.map(({ instance, lateLinks, lateReleases }, index) => {
      const agent = instance.agent === undefined ? undefined : rename(forget(instance.agent));
      const held = this.#epochs.filter(({ holder }) => holder === NAMES[index]).map(({ number }) => number);
      const masks = { held: mask(held), lateLinks: mask(lateLinks), lateReleases: mask(lateReleases) };
      return model.slot({ ...instance, agent }, masks);
    });
    const released = mask(this.#epochs.filter((epoch) => epoch.released).map(({ number }) => number));
    return { slots, newest: this.#epochs.length, released };
  }

  /** Does one thing and says what. */
  step(): string {
    for (;;) {
      const index = Math.floor(this.#random() * NAMES.length);
      const machine = this.#machines[index] as Machine;
      if (machine.instance.machine === "terminated" && this.#random() < 0.9) continue;
      const actions = [...this.#surroundings(machine, index), ...this.#agentEvents(machine, index)];
      const [what, act] = actions[Math.floor(this.#random() * actions.length)] ?? ["nothing", () => undefined];
      if (RARE.has(what) && this.#random() > RARE_CHANCE) continue;
      act();
      return `${NAMES[index]}: ${what}`;
    }
  }

  #surroundings(machine: Machine, index: number): Action[] {
    const { instance } = machine;
    const actions: Action[] = [];
    const add = (what: string, act: () => void) => actions.push([what, act]);
    for (const late of machine.lateLinks.slice(0, 1))
      add("late link", () => {
        machine.lateLinks = machine.lateLinks.slice(1);
        this.#link(index, late);
      });
    for (const late of machine.lateReleases.slice(0, 1))
      add("late release", () => {
        machine.lateReleases = machine.lateReleases.slice(1);
        this.#release(late);
      });
    if (instance.machine === "terminated") return actions;
    add("terminated", () => this.#end(machine, { machine: "terminated", alive: 0 }));
    add("rebooted", () => this.#end(machine, { machine: "up", alive: 0 }));
    if (instance.alive > 0) add("last process ends", () => set(machine, { alive: 0 }));
    if (instance.agent === undefined) {
      add("agent starts", () => {
        set(machine, { agent: initialState(NAMES[index] ?? "", "17") });
        this.#dispatch(machine, { kind: "started" });
      });
      return actions;
    }
    add("agent killed", () => this.#end(machine, { machine: "up", alive: instance.alive }));
    add("asks for a look", () => machine.looks.push({ order: ++machine.order, asked_at: this.#history.length - 1 }));
    if (instance.starting > 0)
      add("postgres comes up", () => set(machine, { alive: instance.starting, starting: 0, hasLock: false }));
    this.#changes(machine, index, add);
    return actions;
  }

  #changes(machine: Machine, index: number, add: (what: string, act: () => void) => void): void {
    const { make, release } = machine.instance;
    const failed = (event: Event, change: Partial<Instance>) => {
      set(machine, change);
      this.#dispatch(machine, event);
    };
    if (make !== undefined) {
      const { number, done } = make;
      const made: Epoch = { number, holder: NAMES[index] ?? "", token: "", released: false };
      if (done) {
        add("made", () => failed({ kind: "epoch-made", epoch: made }, { make: undefined }));
        add("made, error", () => failed({ kind: "epoch-not-made" }, { make: undefined }));
      } else {
        add("links", () => {
          if (this.#link(index, number)) set(machine, { make: { number, done: true } });
          else failed({ kind: "epoch-not-made" }, { make: undefined });
        });
        add("link under way", () => {
          machine.lateLinks = [...machine.lateLinks, number];
          failed({ kind: "epoch-not-made" }, { make: undefined });
        });
      }
    }
    if (release === undefined) return;
    const { number, done } = release;
    if (done) add("released", () => failed({ kind: "epoch-released" }, { release: undefined }));
    else
      add("releases", () => {
        this.#release(number);
        set(machine, { release: { number, done: true } });
      });
    add("release error", () => {
      if (!done) machine.lateReleases = [...machine.lateReleases, number];
      failed({ kind: "epoch-not-released" }, { release: undefined });
    });
  }

  #agentEvents(machine: Machine, index: number): Action[] {
    const { instance } = machine;
    const { agent } = instance;
    if (agent === undefined) return [];
    const actions: Action[] = [];
    const on = (event: Event, change: Partial<Instance> = {}) =>
      actions.push([
        event.kind,
        () => {
          set(machine, change);
          this.#dispatch(machine, event);
        },
      ]);
    if (instance.wantsLock && (instance.hasLock || instance.alive === 0))
      on({ kind: "lock-acquired", order: machine.order + 1 }, { wantsLock: false, hasLock: true });
    if (instance.wantsLock && instance.alive > 0) on({ kind: "lock-held-by-orphans" });
    const [look] = machine.looks;
    if (look !== undefined) {
      // A look shows the directory as it was at any time: an NFS client's caches may be old.
      const epoch = this.#history[Math.floor(this.#random() * this.#history.length)];
      const seen: Shared = {
        epoch,
        dataVersion: epoch && "17",
        initialized: epoch !== undefined,
        restored: epoch !== undefined && this.#random() < RARE_CHANCE,
        system: { data: undefined, recorded: undefined },
      };
      actions.push([
        "looks",
        () => {
          machine.looks = machine.looks.slice(1);
          this.#dispatch(machine, { kind: "shared-read", order: look.order, seen });
        },
      ]);
    }
    if (agent.postgres.is === "started") {
      on({ kind: "postgres-exited", how: "" }, { starting: 0 });
      on({ kind: "postgres-stable" });
    }
    const dead = this.#epochs.find(
      ({ holder }) => this.#machines[NAMES.indexOf(holder)]?.instance.machine === "terminated",
    );
    if (dead !== undefined)
      on({ kind: "grant", grant: { epoch: dead.number, deadHolder: dead.holder, successor: NAMES[index] ?? "" } });
    for (const accepting of [true, false]) on({ kind: "postgres-accepting", accepting });
    for (const unfit of [[], [], [SECRETS_MISSING]]) on({ kind: "fitness", unfit });
    for (const isStalled of [true, false]) on({ kind: "recovery-stalled", isStalled });
    on({ kind: "unfit-overdue" });
    on({ kind: "leave-overdue" });
    for (const { number: epoch, holder } of this.#epochs.slice(-1)) {
      on({ kind: "order", order: { order: "step-down", epoch, holder } });
      on({ kind: "order", order: { order: "restore", epoch, holder, backup: "backup", targetTime: null } });
    }
    if (instance.restoring) {
      on({ kind: "restored" }, { restoring: false });
      on({ kind: "not-restored", because: "" }, { restoring: false });
    }
    on({ kind: "shared-unreadable", because: "", answered: this.#random() < 0.5 });
    on({ kind: "postgres-hung" });
    on({ kind: "file-system-unreachable" });
    if (agent.intent === "rest") on({ kind: "rest-over" });
    on({ kind: "stop-requested" });
    return actions;
  }

  #dispatch(machine: Machine, event: Event): void {
    const { agent } = machine.instance;
    if (agent === undefined) return;
    const [state, effects] = step(agent, event);
    set(machine, { agent: state });
    if (effects.some((effect) => effect.do === "exit")) machine.looks = [];
    for (const effect of effects) machine.instance = perform(machine.instance, effect);
  }

  #end(machine: Machine, left: Pick<Instance, "machine" | "alive">): void {
    const { make, release } = machine.instance;
    if (make !== undefined && !make.done) machine.lateLinks = [...machine.lateLinks, make.number];
    if (release !== undefined && !release.done) machine.lateReleases = [...machine.lateReleases, release.number];
    machine.looks = [];
    machine.instance = { ...FRESH, ...left };
  }

  #link(index: number, number: number): boolean {
    if (number !== this.#epochs.length + 1) return false;
    const epoch = { number, holder: NAMES[index] ?? "", token: `${number}`, released: false };
    this.#epochs = [...this.#epochs, epoch];
    this.#history.push(epoch);
    return true;
  }

  #release(number: number): void {
    this.#epochs = this.#epochs.map((epoch) => (epoch.number === number ? { ...epoch, released: true } : epoch));
    this.#history.push(this.#epochs.find((epoch) => epoch.number === number));
  }
}

type Action = [what: string, act: () => void];

/** What ends a run's interesting part when it happens as often as the rest. */
const RARE = new Set([
  ...["terminated", "rebooted", "agent killed", "stop-requested", "postgres-hung", "fitness", "order"],
  ...["recovery-stalled", "unfit-overdue", "leave-overdue"],
]);
const RARE_CHANCE = 0.08;

function set(machine: Machine, change: Partial<Instance>): void {
  machine.instance = { ...machine.instance, ...change };
}

/** The model's instances all have the same name. */
function rename(agent: AgentState): AgentState {
  return { ...agent, instanceId: "i-me" };
}

/** A small generator of random numbers in [0, 1): the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
