import type { SystemView } from "@cloudy/observer/run.ts";

/** Short names in the order of launch (`web 1`, `db 2`): easier to follow than ids. */
export function shortNames(system: SystemView): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const byLaunch = [...system.instances].sort((a, b) => a.launch_ms - b.launch_ms || (a.id < b.id ? -1 : 1));
  for (const instance of byLaunch) {
    const kind = kindOf(system, instance.id);
    if (kind === "other") {
      names.set(instance.id, instance.name === "" ? instance.id : instance.name);
      continue;
    }
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    names.set(instance.id, `${kind === "web" ? "web" : "db"} ${count}`);
  }
  return names;
}

export function kindOf(system: SystemView, instanceId: string): "web" | "database" | "other" {
  const groupName = system.instances.find((instance) => instance.id === instanceId)?.groupName;
  const isIn = (group: SystemView["web"]) =>
    group !== undefined &&
    (group.name === groupName || group.members.some((member) => member.instanceId === instanceId));
  if (isIn(system.web)) return "web";
  return isIn(system.database) ? "database" : "other";
}

/** The sentence with short names in the place of ids. */
export function shorten(sentence: string, names: ReadonlyMap<string, string>): string {
  return sentence.replace(/i-[0-9a-z]+/g, (id) => names.get(id) ?? id);
}
