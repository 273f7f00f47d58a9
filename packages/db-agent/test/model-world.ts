import {
  answerMake,
  answerRelease,
  EPOCHS_MAX,
  FRESH,
  type Instance,
  keyOf,
  type Look,
  localMoves,
  look,
  type Move,
  type Protocol,
  TWICE,
} from "./model-instance.ts";
import { codeOf, LOOKS_MAX, PLAIN, sentenceOf } from "./model-looks.ts";
import { bit, change, type Slot, slotOf, type World } from "./model-slots.ts";

const INSTANCES = 3;

export interface Transition {
  readonly action: string;
  readonly slot: number;
  readonly to: World;
}

/** Everything that can happen to three instances over one directory, one transition at a time. */
export class Model {
  readonly #protocol: Protocol;
  readonly #remembers: boolean;
  readonly #instances: Instance[] = [];
  readonly #ids = new Map<string, number>();
  readonly #moves: (readonly (Omit<Move, "to"> & { readonly to: number })[])[] = [];
  readonly #looks: number[] = [];
  readonly #slots: Slot[] = [];
  readonly #slotIds = new Map<number, number>();

  /**
   * With the whole `history` a look shows what there was once, nothing else. Without it every look at an epoch before the
   * newest one may show whatever could ever be: the same holder or another one, released or not, granted or not. That adds
   * behaviour and leaves a far smaller number of states.
   */
  constructor(protocol: Protocol, history: "whole" | "newest") {
    this.#protocol = protocol;
    this.#remembers = history === "whole";
  }

  start(): World {
    return { slots: Array.from({ length: INSTANCES }, () => this.slot(FRESH)), newest: 0, released: 0 };
  }

  /** Machines with a living process of postgres; one that runs two counts twice. */
  writers(world: World): number {
    let count = 0;
    for (const { id } of world.slots) {
      const { alive } = this.instance(id);
      count += alive === 0 ? 0 : alive === TWICE ? 2 : 1;
    }
    return count;
  }

  instances(world: World): readonly Instance[] {
    return world.slots.map(({ id }) => this.instance(id));
  }

  /**
   * The lemmas of docs/database-safety.md: a postgres that lives or is about to start, and a
   * restore, are of the newest, unreleased, own epoch.
   */
  breaksLemma(world: World): boolean {
    const { newest } = world;
    return world.slots.some(({ id, held }) => {
      const { agent, alive, starting, restoring, hasLock } = this.instance(id);
      if ((starting > 0 || restoring) && !hasLock) return true;
      if (restoring && agent?.ownEpoch === undefined) return true;
      return [alive, starting, restoring ? (agent?.ownEpoch ?? 0) : 0].some(
        (epoch) => epoch > 0 && (epoch !== newest || (held & bit(epoch)) === 0 || (world.released & bit(epoch)) !== 0),
      );
    });
  }

  successors(world: World): readonly Transition[] {
    const found: Transition[] = [];
    for (let slot = 0; slot < INSTANCES; slot += 1) {
      this.#ownMoves(world, slot, found);
      this.#looksOf(world, slot, found);
      this.#changes(world, slot, found);
      this.#lateChanges(world, slot, found);
    }
    return found;
  }

  #ownMoves(world: World, slot: number, found: Transition[]): void {
    const before = slotOf(world, slot);
    for (const { action, to, lateLink = 0, lateRelease = 0 } of this.#movesOf(before.id)) {
      const lateLinks = lateLink > 0 && lateLink <= EPOCHS_MAX ? before.lateLinks | bit(lateLink) : before.lateLinks;
      const lateReleases = lateRelease > 0 ? before.lateReleases | bit(lateRelease) : before.lateReleases;
      found.push({ action, slot, to: change(world, slot, { ...before, id: to, lateLinks, lateReleases }) });
    }
  }

  /** Any state that the directory ever had may be seen: an NFS client's caches are old without limit here. */
  #looksOf(world: World, slot: number, found: Transition[]): void {
    const { id, held } = slotOf(world, slot);
    if (this.instance(id).agent === undefined) return;
    for (let epoch = 0; epoch <= world.newest; epoch += 1) {
      const isFree = epoch > 0 && epoch < world.newest && !this.#remembers;
      const isMine = (held & bit(epoch)) !== 0;
      for (const mine of isFree ? [true, false] : [isMine]) {
        const isReleased = isFree || (world.released & bit(epoch)) !== 0;
        const isGranted = epoch > 0 && !mine && (isFree || this.#isGranted(world, epoch));
        const seen: Look = { ...PLAIN, epoch, isMine: mine };
        this.#addLook(world, slot, seen, found);
        if (isReleased) this.#addLook(world, slot, { ...seen, isReleased }, found);
        if (isGranted) this.#addLook(world, slot, { ...seen, isGranted }, found);
        if (!mine) continue;
        for (const order of ["step-down", "restore"] as const) this.#addLook(world, slot, { ...seen, order }, found);
      }
    }
  }

  /** The worlds after one agent looked at the directory as it is; without those that change nothing. */
  truths(world: World): readonly World[] {
    const found: Transition[] = [];
    for (let slot = 0; slot < INSTANCES; slot += 1) {
      const { id, held } = slotOf(world, slot);
      if (this.instance(id).agent === undefined) continue;
      const isMine = (held & bit(world.newest)) !== 0;
      const isReleased = (world.released & bit(world.newest)) !== 0;
      const isGranted = world.newest > 0 && !isMine && !isReleased && this.#isGranted(world, world.newest);
      this.#addLook(world, slot, { ...PLAIN, epoch: world.newest, isMine, isReleased, isGranted }, found);
    }
    return found.map(({ to }) => to);
  }

  #addLook(world: World, slot: number, seen: Look, found: Transition[]): void {
    const before = slotOf(world, slot);
    const code = before.id * LOOKS_MAX + codeOf(seen);
    let id = this.#looks[code];
    if (id === undefined) {
      id = this.#id(look(this.instance(before.id), this.#protocol, seen));
      this.#looks[code] = id;
    }
    if (id === before.id) return;
    found.push({ action: sentenceOf(seen), slot, to: change(world, slot, { ...before, id }) });
  }

  #isGranted(world: World, epoch: number): boolean {
    const isOver = ({ id }: Slot) => this.#protocol.isGrantable(this.instance(id));
    const holders = world.slots.filter(({ held }) => (held & bit(epoch)) !== 0);
    if (this.#protocol.grantFitsEveryEpoch) return world.slots.some((slot) => slot.held !== 0 && isOver(slot));
    return holders.some(isOver);
  }

  /** The server carries out what an agent waits for; the answer comes, says an error, or takes its time. */
  #changes(world: World, slot: number, found: Transition[]): void {
    const before = slotOf(world, slot);
    const instance = this.instance(before.id);
    const add = (action: string, from: World, to: Instance, more: Partial<Slot> = {}) =>
      found.push({
        action,
        slot,
        to: change(from, slot, { ...slotOf(from, slot), id: this.#id(to), ...more }),
      });
    const { make, release } = instance;
    const protocol = this.#protocol;
    if (make !== undefined && make.number <= EPOCHS_MAX) {
      if (make.done) {
        add("its epoch is made, and it hears so", world, answerMake(instance, protocol, true));
        add("its epoch is made, and it hears of an error", world, answerMake(instance, protocol, false));
      } else {
        const won = this.#link(world, slot, make.number);
        if (won !== undefined) add("its epoch is made", won, { ...instance, make: { ...make, done: true } });
        else {
          const heard = protocol.linkErrorIsSuccess === true;
          add("its epoch exists already", world, answerMake(instance, protocol, heard));
        }
        const lateLinks = before.lateLinks | bit(make.number);
        add("its link meets an error and is under way", world, answerMake(instance, protocol, false), { lateLinks });
      }
    }
    if (release !== undefined) {
      if (release.done) {
        add("its release is done, and it hears so", world, answerRelease(instance, protocol, true));
        add("its release is done, and it hears of an error", world, answerRelease(instance, protocol, false));
      } else {
        const done = { ...world, released: this.#releasedBy(world, release.number) };
        add("its release is done", done, { ...instance, release: { ...release, done: true } });
        const lateReleases = before.lateReleases | bit(release.number);
        const failed = answerRelease(instance, protocol, false);
        add("its release meets an error and is under way", world, failed, { lateReleases });
      }
    }
  }

  /** Operations that nobody waits for any more land: of a killed agent, of a rebooted and even of a terminated machine. */
  #lateChanges(world: World, slot: number, found: Transition[]): void {
    const { lateLinks, lateReleases } = slotOf(world, slot);
    for (let epoch = 1; epoch <= EPOCHS_MAX; epoch += 1) {
      const landed = (lateLinks & bit(epoch)) === 0 ? undefined : this.#link(world, slot, epoch);
      if (landed !== undefined) {
        const rest = { ...slotOf(landed, slot), lateLinks: lateLinks & ~bit(epoch) };
        found.push({ action: "a late link lands", slot, to: change(landed, slot, rest) });
      }
      if ((lateReleases & bit(epoch)) !== 0) {
        const rest = { ...slotOf(world, slot), lateReleases: lateReleases & ~bit(epoch) };
        const released = this.#releasedBy(world, epoch);
        found.push({ action: "a late release lands", slot, to: { ...change(world, slot, rest), released } });
      }
    }
  }

  /** The world after a link that had success, `undefined` when the name is taken. */
  #link(world: World, slot: number, epoch: number): World | undefined {
    const { newest } = world;
    if (epoch > newest + 1) return undefined;
    if (epoch <= newest && this.#protocol.linkReplaces !== true) return undefined;
    const slots = world.slots.map((other, index) => ({
      ...other,
      held: index === slot ? other.held | bit(epoch) : other.held & ~bit(epoch),
    }));
    return { ...world, slots, newest: Math.max(newest, epoch) };
  }

  #releasedBy(world: World, epoch: number): number {
    return world.released | bit(this.#protocol.releaseFitsEveryEpoch ? world.newest : epoch);
  }

  #movesOf(id: number): readonly (Omit<Move, "to"> & { readonly to: number })[] {
    const known = this.#moves[id];
    if (known !== undefined) return known;
    const moves = localMoves(this.instance(id), this.#protocol)
      .map((move) => ({ ...move, to: this.#id(move.to) }))
      .filter((move) => move.to !== id);
    this.#moves[id] = moves;
    return moves;
  }

  #id(instance: Instance): number {
    const key = keyOf(instance);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#instances.length);
    return this.#instances.push(instance) - 1;
  }

  instance(id: number): Instance {
    const instance = this.#instances[id];
    if (instance === undefined) throw new Error(`no instance state ${id}`);
    return instance;
  }

  slot(instance: Instance, more: Partial<Slot> = {}): Slot {
    return { id: this.#id(instance), held: 0, lateLinks: 0, lateReleases: 0, ...more };
  }

  /** The world as a number. The instances' names mean nothing, so their order does not either. */
  key(world: World): number {
    const ids = world.slots.map((slot) => this.#slotId(world, slot)).sort((a, b) => a - b);
    const slots = ids.reduce((key, id) => key * SLOT_IDS_MAX + id, 0);
    const released = this.#remembers ? world.released : world.released & bit(world.newest);
    return (slots * (EPOCHS_MAX + 1) + world.newest) * 2 ** EPOCHS_MAX + released;
  }

  world(key: number): World {
    let rest = Math.floor(key / 2 ** EPOCHS_MAX);
    const newest = rest % (EPOCHS_MAX + 1);
    rest = Math.floor(rest / (EPOCHS_MAX + 1));
    const slots: Slot[] = [];
    for (let slot = 0; slot < INSTANCES; slot += 1) {
      slots.unshift(this.#slots[rest % SLOT_IDS_MAX] as Slot);
      rest = Math.floor(rest / SLOT_IDS_MAX);
    }
    return { slots, newest, released: key % 2 ** EPOCHS_MAX };
  }

  /** Late operations that can change nothing any more are forgotten, and history where it is not remembered. */
  #slotId({ newest, released }: World, slot: Slot): number {
    const made = this.#protocol.linkReplaces === true ? 0 : 2 ** newest - 1;
    const over = this.#remembers ? 0 : (2 ** newest - 1) >> 1;
    const done = this.#protocol.releaseFitsEveryEpoch === true ? 0 : released | over;
    const lateLinks = slot.lateLinks & ~made;
    const lateReleases = slot.lateReleases & ~done;
    const held = slot.held & ~over;
    const code = ((slot.id * 16 + held) * 16 + lateLinks) * 16 + lateReleases;
    const known = this.#slotIds.get(code);
    if (known !== undefined) return known;
    if (this.#slots.length === SLOT_IDS_MAX) throw new Error("more states of an instance than a key has room for");
    this.#slotIds.set(code, this.#slots.length);
    return this.#slots.push({ ...slot, held, lateLinks, lateReleases }) - 1;
  }
}

/** Three of them, the newest epoch and the releases fit into the 53 bits of a number. */
const SLOT_IDS_MAX = 2 ** 15;
