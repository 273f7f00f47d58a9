import { allowedBy, parseValue, type ValueOf, type Variable, type Variables } from "./variable.ts";

/** `undefined` leaves a variable to what the process does without it. */
type MayBeLeftOut<V> = V extends { readonly default: string | number } | { readonly otherwise: string }
  ? undefined
  : never;
type MayComeLater<V, Later> = V extends { readonly type: "text" } ? Later : never;

/** Every declared variable: one that is forgotten or misspelt does not type-check. */
type Values<D extends Variables, Later> = {
  readonly [K in keyof D]: ValueOf<D[K]> | MayBeLeftOut<D[K]> | MayComeLater<D[K], Later>;
};

/**
 * The environment of a process that reads it by the same declarations; throws for a value that the process would refuse.
 * `Later` is the type of a text that is not known yet, which is passed on as it is.
 */
export function environmentOf<D extends Variables, Later = never>(
  declarations: D,
  values: Values<NoInfer<D>, NoInfer<Later>>,
): Record<string, string | NoInfer<Later>> {
  const environment: Record<string, string | Later> = {};
  for (const [name, declared] of Object.entries<Variable>(declarations)) {
    const value = values[name];
    if (typeof value === "string" || typeof value === "number") environment[name] = textOf(name, declared, value);
    else if (value !== undefined) environment[name] = value as Later;
  }
  return environment;
}

function textOf(name: string, declared: Variable, value: string | number): string {
  const text = String(value);
  // The reader takes an empty variable for one that is not set.
  if (text.trim() === "" || parseValue(declared, text) === undefined) {
    throw new Error(`[${name}] would be "${text}", but must be ${allowedBy(declared)}.`);
  }
  return text;
}
