import { parseValue, type ValueOf, type Variable, type Variables } from "./variable.ts";

/** A variable that cannot be used; `text` is undefined where it must be set and is not. */
export interface Fault {
  readonly name: string;
  readonly text: string | undefined;
  readonly declared: Variable;
}

/** Undefined only where the declaration says what holds otherwise. */
type Read<V> = V extends { readonly default: string | number }
  ? ValueOf<V>
  : V extends { readonly otherwise: string }
    ? ValueOf<V> | undefined
    : ValueOf<V>;

/** Gives the value of one declared variable. */
export type Reader<D extends Variables> = <K extends keyof D & string>(name: K) => Read<D[K]>;

/**
 * Reads a process's environment by its declarations. An empty variable is as good as none, and blanks around a value do not
 * count. `refuse` hears of each fault in the order of reading, so that a process can name all of them before it ends; the
 * value of a faulty variable is of its type and means nothing.
 */
export function environmentReader<D extends Variables>(
  declarations: D,
  environment: Readonly<Record<string, string | undefined>>,
  refuse: (fault: Fault) => void,
): Reader<D> {
  const read = (name: string, declared: Variable): string | number | undefined => {
    const text = environment[name]?.trim() || undefined;
    const value = text === undefined ? declared.default : parseValue(declared, text);
    if (value !== undefined || (text === undefined && declared.otherwise !== undefined)) return value;
    refuse({ name, text, declared });
    return declared.type === "text" ? "" : 0;
  };
  return <K extends keyof D & string>(name: K) => read(name, declarations[name] as Variable) as Read<D[K]>;
}
