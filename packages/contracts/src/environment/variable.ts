/** What a text must look like: its pattern, and the words that say so. */
export interface Shape {
  readonly pattern: RegExp;
  readonly words: string;
}

interface Described {
  /** A noun phrase, lower case: it stands in tables and in sentences. */
  readonly description: string;
  /** What holds without a value, where no default says it. A variable with neither must be set. */
  readonly otherwise?: string;
}

export interface WholeNumber extends Described {
  readonly type: "whole number";
  readonly default?: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** Above 0, with fractions. */
interface PositiveNumber extends Described {
  readonly type: "positive number";
  readonly default: number;
  readonly max: number;
  readonly unit: string;
}

export interface Text extends Described {
  readonly type: "text";
  readonly default?: string;
  readonly shape?: Shape;
}

export interface Choice extends Described {
  readonly type: "choice";
  readonly default: string | number;
  readonly choices: readonly (string | number)[];
}

/** One environment variable of a process, declared once: the process reads by it, and whoever starts the process writes by it. */
export type Variable = WholeNumber | PositiveNumber | Text | Choice;

/** A process's variables by their names. */
export type Variables = Readonly<Record<string, Variable>>;

export type ValueOf<V> = V extends { readonly choices: readonly (infer C)[] }
  ? C
  : V extends { readonly type: "text" }
    ? string
    : number;

/** The value of a text, or undefined where the declaration does not allow it. */
export function parseValue(declared: Variable, text: string): string | number | undefined {
  switch (declared.type) {
    case "text":
      return declared.shape === undefined || declared.shape.pattern.test(text) ? text : undefined;
    case "choice":
      return declared.choices.find((choice) => String(choice) === text);
    case "whole number": {
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return number >= declared.min && number <= declared.max ? number : undefined;
    }
    case "positive number": {
      const number = Number(text);
      return number > 0 && number <= declared.max ? number : undefined;
    }
  }
}

/** What the declaration allows, in words that follow "must be" or "give". */
export function allowedBy(declared: Variable): string {
  switch (declared.type) {
    case "text":
      return declared.shape?.words ?? "a text";
    case "choice":
      return `one of ${declared.choices.join(", ")}`;
    case "whole number":
      return declared.unit === "port"
        ? `a port between ${declared.min} and ${declared.max}`
        : `a whole number from ${declared.min} to ${declared.max}`;
    case "positive number":
      return `a positive number up to ${declared.max}`;
  }
}
