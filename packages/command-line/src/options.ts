import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { messageOf, UserError } from "./errors.ts";

/** The options' values; throws UserError for one that is not in `options` and for any other argument. */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    // pnpm hands a separating -- through to the script.
    return parseArgs({ args: args.filter((arg) => arg !== "--"), options }).values;
  } catch (cause) {
    throw new UserError(`${messageOf(cause)} See --help.`, { cause });
  }
}

/** The number that `text`, given for the option `name`, stands for. */
export function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most)) {
    throw new UserError(`[--${name}] ${text} is not a number from ${least} to ${most}.`);
  }
  return value;
}

/** Values of configuration keys, each given as KEY=VALUE; the last one of a key wins. */
export function configOf(texts: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UserError(`--config ${text} is not KEY=VALUE, for example cloudy:webMin=3.`);
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}
