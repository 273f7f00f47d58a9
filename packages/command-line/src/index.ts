/** What the commands of this repository share: how they read options, find a running twin, are interrupted, and end. */
export { EXIT_INTERRUPTED, endWith } from "./end-with.ts";
export { Interrupted, messageOf, UserError } from "./errors.ts";
export { aborted, onSignals } from "./interruption.ts";
export { type Fields, parseObject, readGiven, readText } from "./json-fields.ts";
export { configOf, numberOf, parseOptions } from "./options.ts";
export { thisComputer } from "./this-computer.ts";
export { TOKEN_VARIABLE } from "./token-variable.ts";
export { parseTwinLine, readTwinLine } from "./twin-line.ts";
