import type { Choice, Shape, Text, ValueOf, WholeNumber } from "@cloudy/contracts/environment/variable.ts";

interface List {
  readonly type: "list";
  readonly default: readonly string[];
  /** The pattern is that of each item; the words speak of all of them. */
  readonly shape: Shape;
  readonly description: string;
}

/** An object of optional texts, for example `secret: {accountRoleArn, region}`. */
interface Fields {
  readonly type: "fields";
  readonly fields: Readonly<Record<string, RegExp>>;
  readonly description: string;
}

/**
 * One key of the stack's configuration, declared once: the program reads by it, and Pulumi.yaml is written from it. What ends in
 * a process's environment takes default and range from the declaration of that variable.
 */
export type Setting = (WholeNumber | Text | Choice | List | Fields) & {
  /** It can be given to a new stack only: why, and what to do instead, as a sentence without its full stop. */
  readonly birthOnly?: string;
};

/** Settings by their keys. */
export type SettingGroup = Readonly<Record<string, Setting>>;

/** Undefined only where the declaration has no default. */
type ValueOfSetting<S> = S extends { readonly fields: infer F }
  ? { readonly [K in keyof F]: string | undefined }
  : S extends { readonly type: "list" }
    ? readonly string[]
    : S extends { readonly default: string | number }
      ? ValueOf<S>
      : ValueOf<S> | undefined;

export type ValuesOf<G extends SettingGroup> = { readonly [K in keyof G]: ValueOfSetting<G[K]> };

export const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9]+$/;
export const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
