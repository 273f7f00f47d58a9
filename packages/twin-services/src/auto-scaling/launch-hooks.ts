import type { Cancel, Clock } from "@cloudy/twin-model/clock.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { HookResult, LifecycleHook } from "./lifecycle-hook.ts";

/** What an instance waits for before it is in service. */
interface LifecycleAction {
  readonly hook: LifecycleHook;
  readonly token: string;
  /** It ends by then, whatever heartbeats come. */
  readonly latest_ms: number;
  cancel: Cancel;
}

interface Ending {
  readonly instanceId: string;
  readonly result: HookResult;
  /** In the words of an activity's status message. */
  readonly because: string;
}

/** AWS keeps an instance waiting for 48 hours or 100 heartbeats, whichever is less. */
const WAIT_S_MAX = 48 * 3_600;
const HEARTBEATS_MAX = 100;

/** The launch hooks of a group, and the instances that wait for them. */
export class LaunchHooks {
  readonly hooks: Map<string, LifecycleHook>;
  readonly #clock: Clock;
  readonly #ids: Identifiers;
  readonly #onEnd: (ending: Ending) => void;
  readonly #waiting = new Map<string, LifecycleAction[]>();

  /** `onEnd` hears once of each instance: that all its actions are completed, or the first that was abandoned. */
  constructor(
    hooks: readonly LifecycleHook[],
    { clock, ids }: { readonly clock: Clock; readonly ids: Identifiers },
    onEnd: (ending: Ending) => void,
  ) {
    this.hooks = new Map(hooks.map((hook) => [hook.name, hook]));
    this.#clock = clock;
    this.#ids = ids;
    this.#onEnd = onEnd;
  }

  /** The actions that the instance waits for now; none without hooks. */
  begin(instanceId: string): readonly Pick<LifecycleAction, "hook" | "token">[] {
    const actions = [...this.hooks.values()].map((hook): LifecycleAction => {
      const latest_ms = this.#clock.now() + Math.min(WAIT_S_MAX, HEARTBEATS_MAX * hook.heartbeat_s) * 1000;
      return { hook, token: this.#ids.uuid(), latest_ms, cancel: () => undefined };
    });
    if (actions.length > 0) this.#waiting.set(instanceId, actions);
    for (const action of actions) this.#expect(instanceId, action);
    return actions;
  }

  /** Whether there was such an action. */
  complete(instanceId: string, hookName: string, token: string | undefined, result: HookResult): boolean {
    const action = this.#find(instanceId, hookName, token);
    if (action === undefined) return false;
    this.#end(instanceId, action, result, `Lifecycle Action Completed with ${result} Result`);
    return true;
  }

  /** Whether there was such an action; its time begins anew. */
  heartbeat(instanceId: string, hookName: string, token: string | undefined): boolean {
    const action = this.#find(instanceId, hookName, token);
    if (action === undefined) return false;
    action.cancel();
    this.#expect(instanceId, action);
    return true;
  }

  forget(instanceId: string): void {
    for (const action of this.#waiting.get(instanceId) ?? []) action.cancel();
    this.#waiting.delete(instanceId);
  }

  #expect(instanceId: string, action: LifecycleAction): void {
    const wait_ms = Math.min(action.hook.heartbeat_s * 1000, action.latest_ms - this.#clock.now());
    action.cancel = this.#clock.after(Math.max(0, wait_ms), () =>
      this.#end(instanceId, action, action.hook.defaultResult, "Heartbeat Timeout"),
    );
  }

  #find(instanceId: string, hookName: string, token: string | undefined): LifecycleAction | undefined {
    const isMeant = (action: LifecycleAction) =>
      action.hook.name === hookName && (token === undefined || token === action.token);
    return this.#waiting.get(instanceId)?.find(isMeant);
  }

  #end(instanceId: string, action: LifecycleAction, result: HookResult, because: string): void {
    action.cancel();
    const others = this.#waiting.get(instanceId)?.filter((other) => other !== action) ?? [];
    if (result === "CONTINUE" && others.length > 0) {
      this.#waiting.set(instanceId, others);
      return;
    }
    this.forget(instanceId);
    const said = `Lifecycle Action with token ${action.token} was abandoned: ${because}`;
    this.#onEnd({ instanceId, result, because: result === "ABANDON" ? said : because });
  }
}
