import { text } from "node:stream/consumers";
import { parseJson } from "@cloudy/contracts/document.ts";
import { type TwinAnnouncement, TwinAnnouncementSchema } from "@cloudy/contracts/twin-announcement.ts";
import { UserError } from "./errors.ts";
import { readGiven, readText } from "./json-fields.ts";

/** What `twin up --json` says of a running twin, and how SDK clients reach it. */
interface TwinLine extends TwinAnnouncement {
  readonly connection: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
}

/** Throws UserError for a line that lacks something; `source` names where it comes from. */
export function parseTwinLine(line: string, source: string): TwinLine {
  const announcement = readGiven(() => parseJson(TwinAnnouncementSchema, line, source));
  const { region, awsEndpoint, accessKeyId, secretAccessKey } = announcement;
  const connection = { region, endpoint: awsEndpoint, credentials: { accessKeyId, secretAccessKey } };
  return { ...announcement, connection };
}

/** The line and its source's name, from a file that may hold other lines too; `-` is standard input. */
export async function readTwinLine(file: string): Promise<{ readonly line: string; readonly source: string }> {
  const source = file === "-" ? "Standard input" : file;
  const content = file === "-" ? await text(process.stdin) : await readText(file);
  const line = content.split("\n").find((candidate) => candidate.trimStart().startsWith("{"));
  if (line === undefined) throw new UserError(`${source} holds no line of \`pnpm twin up --json\`.`);
  return { line, source };
}
