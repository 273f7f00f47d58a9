import type { GraphResource } from "@cloudy/twin-model/graph.ts";

/** Outputs that are drawn anew by every recording, though the living stack keeps them. */
const DRAWN = /^(random|tls):/;
/** Shorter texts are no secrets, and may stand anywhere. */
const SHORTEST_SECRET = 16;

/**
 * Inputs as JSON can carry them and as two recordings agree on them: what `random` and `tls` drew is named instead, so that it is
 * equal on both sides and shown to nobody; a file is its path.
 */
export function plainInputs(resources: readonly GraphResource[]) {
  const names = drawnValues(resources);
  return async (inputs: GraphResource["inputs"]): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(Object.entries(inputs).map(async ([key, value]) => [key, await plain(value, names)])),
    );
}

function drawnValues(resources: readonly GraphResource[]): readonly (readonly [value: string, name: string])[] {
  return resources
    .filter(({ type }) => DRAWN.test(type))
    .flatMap(({ name, type, inputs, outputs }) =>
      Object.entries(outputs).flatMap(([key, value]) => {
        if (typeof value !== "string" || value.length < SHORTEST_SECRET || key in inputs) return [];
        const title = `<${key} of ${type.split(":").at(-1)} ${name}>`;
        // As it is, and as it stands in a JSON text.
        return [[value, title] as const, [JSON.stringify(value).slice(1, -1), title] as const];
      }),
    );
}

async function plain(value: unknown, names: readonly (readonly [string, string])[]): Promise<unknown> {
  if (typeof value === "string") return names.reduce((text, [drawn, name]) => text.replaceAll(drawn, name), value);
  if (Array.isArray(value)) return await Promise.all(value.map((item) => plain(item, names)));
  if (typeof value !== "object" || value === null) return value;
  if ("path" in value && ("__pulumiAsset" in value || "__pulumiArchive" in value)) return { path: await value.path };
  const entries = Object.entries(value).map(async ([key, item]) => [key, await plain(item, names)]);
  return Object.fromEntries(await Promise.all(entries));
}
