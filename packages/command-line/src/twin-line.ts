import { text } from "node:stream/consumers";
import { UserError } from "./errors.ts";
import { type Fields, objectOf, parseObject, readText, textOf } from "./json-fields.ts";

/** What `twin up --json` says of a running twin (docs/contracts.md), as far as commands use it. */
export interface TwinLine {
  /** For SDK clients. */
  readonly connection: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly outputs: Fields;
  /** Cloud time is `cloudEpoch_ms + (Date.now() - realEpoch_ms) * speed`. */
  readonly clock: { readonly speed: number; readonly realEpoch_ms: number; readonly cloudEpoch_ms: number };
  /** All of the line, for what only one command looks at. */
  readonly fields: Fields;
}

/** Throws UserError for a line that lacks something; `source` names where it comes from. */
export function parseTwinLine(line: string, source: string): TwinLine {
  const fields = parseObject(line, source);
  const clock = objectOf(fields, "clock", source);
  const numberIn = (name: string) => {
    const value = clock[name];
    if (typeof value !== "number") throw new UserError(`${source}: [clock.${name}] is not a number.`);
    return value;
  };
  return {
    connection: {
      region: textOf(fields, "region", source),
      endpoint: textOf(fields, "awsEndpoint", source),
      credentials: {
        accessKeyId: textOf(fields, "accessKeyId", source),
        secretAccessKey: textOf(fields, "secretAccessKey", source),
      },
    },
    outputs: objectOf(fields, "outputs", source),
    clock: {
      speed: numberIn("speed"),
      realEpoch_ms: numberIn("realEpoch_ms"),
      cloudEpoch_ms: numberIn("cloudEpoch_ms"),
    },
    fields,
  };
}

/** The line and its source's name, from a file that may hold other lines too; `-` is standard input. */
export async function readTwinLine(file: string): Promise<{ readonly line: string; readonly source: string }> {
  const source = file === "-" ? "Standard input" : file;
  const content = file === "-" ? await text(process.stdin) : await readText(file);
  const line = content.split("\n").find((candidate) => candidate.trimStart().startsWith("{"));
  if (line === undefined) throw new UserError(`${source} holds no line of \`pnpm twin up --json\`.`);
  return { line, source };
}
