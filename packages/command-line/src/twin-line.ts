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

/**
 * The line with the addresses and outputs of one stack: `stack`, or the only one. Throws UserError for a line that lacks
 * something and for a stack that is not named although there are several; `source` names where the line comes from.
 */
export function parseTwinLine(line: string, source: string, stack?: string): TwinLine {
  const announcement = ofStack(
    readGiven(() => parseJson(TwinAnnouncementSchema, line, source)),
    source,
    stack,
  );
  const { region, awsEndpoint, accessKeyId, secretAccessKey } = announcement;
  const connection = { region, endpoint: awsEndpoint, credentials: { accessKeyId, secretAccessKey } };
  return { ...announcement, connection };
}

function ofStack(announcement: TwinAnnouncement, source: string, wanted: string | undefined): TwinAnnouncement {
  const { stacks = [] } = announcement;
  const names = stacks.map(({ stack }) => stack).join(" and ");
  if (wanted === undefined) {
    if (stacks.length < 2) return announcement;
    throw new UserError(`${source} tells of the stacks ${names}: say by [--stack] which of them is meant.`);
  }
  const found = stacks.find(({ stack }) => stack === wanted);
  if (found === undefined) {
    const what = names === "" ? "no stack by its name: leave [--stack] out" : `${names}`;
    throw new UserError(`[--stack] ${wanted} is not in that twin: ${source} tells of ${what}.`);
  }
  const { loadBalancerUrl, pageUrl, outputs, token } = found;
  const { token: _, ...others } = announcement;
  return { ...others, loadBalancerUrl, pageUrl, outputs, ...(token === undefined ? {} : { token }) };
}

/** The line and its source's name, from a file that may hold other lines too; `-` is standard input. */
export async function readTwinLine(file: string): Promise<{ readonly line: string; readonly source: string }> {
  const source = file === "-" ? "Standard input" : file;
  const content = file === "-" ? await text(process.stdin) : await readText(file);
  const line = content.split("\n").find((candidate) => candidate.trimStart().startsWith("{"));
  if (line === undefined) throw new UserError(`${source} holds no line of \`pnpm twin up --json\`.`);
  return { line, source };
}
