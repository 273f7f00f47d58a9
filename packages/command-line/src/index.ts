/** What the commands of this repository share: how they read options, find a running twin, and end. */
export { EXIT_INTERRUPTED, endWith } from "./end-with.ts";
export { Interrupted, messageOf, UserError } from "./errors.ts";
export { type Fields, parseObject, readText, textOf } from "./json-fields.ts";
export { numberOf, parseOptions } from "./options.ts";
export { parseTwinLine, readTwinLine, type TwinLine } from "./twin-line.ts";
