import { UserError } from "@cloudy/command-line";

const KEY = "cloudy:imageTaken";
const LINE = /^([ \t]+)["']?cloudy:imageTaken["']?:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))/m;

/** Today, or with a number after it: taking the newest twice a day needs another text. */
export function nextTaken(file: string, today: string): string {
  const [, , ...texts] = LINE.exec(file) ?? [];
  const given = texts.find((text) => text !== undefined);
  if (given === undefined || !(given === today || given.startsWith(`${today}-`))) return today;
  const count = Number(given.slice(today.length + 1) || 1);
  return `${today}-${count + 1}`;
}

/** The configuration file with the setting in it; every other line stays as it is. Quoted, for YAML would make it a date. */
export function withTaken(file: string, taken: string): string {
  const setting = `${KEY}: "${taken}"`;
  if (LINE.test(file)) return file.replace(LINE, `$1${setting}`);
  const config = /^config:[ \t]*(#.*)?$/m.exec(file);
  if (config === null)
    throw new UserError("The stack's configuration file has no [config] with settings in lines below it.");
  const after = config.index + config[0].length;
  const indent = /^([ \t]+)[^\s#]/m.exec(file.slice(after))?.[1] ?? "  ";
  return `${file.slice(0, after)}\n${indent}${setting}${file.slice(after)}`;
}
