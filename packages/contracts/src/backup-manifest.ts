/** Written last: a base backup without it does not exist. */
export interface Manifest {
  readonly version: 1;
  readonly backup: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly postgresMajor: string;
  readonly startedAt: string;
  /** The earliest time that this backup can be restored to, by the database's clock. */
  readonly finishedAt: string;
  readonly startWal: string;
  readonly stopWal: string;
  readonly startLsn: string;
  readonly stopLsn: string;
  /** Of the compressed archive. */
  readonly sha256: string;
  readonly compressedBytes: number;
  readonly files: number;
  readonly bytes: number;
}

const KINDS: Readonly<Record<keyof Manifest, "string" | "number">> = {
  version: "number",
  backup: "string",
  systemIdentifier: "string",
  timeline: "number",
  postgresMajor: "string",
  startedAt: "string",
  finishedAt: "string",
  startWal: "string",
  stopWal: "string",
  startLsn: "string",
  stopLsn: "string",
  sha256: "string",
  compressedBytes: "number",
  files: "number",
  bytes: "number",
};

export function parseManifest(text: string, where: string): Manifest {
  const value: unknown = JSON.parse(text);
  const wrong = Object.entries(KINDS).find(
    ([field, kind]) => typeof value !== "object" || value === null || typeof Reflect.get(value, field) !== kind,
  );
  if (wrong !== undefined) throw new Error(`${where} is no manifest: [${wrong[0]}] is not a ${wrong[1]}`);
  const manifest = value as Manifest;
  if (manifest.version !== 1) throw new Error(`${where} is of version ${manifest.version}, this agent knows 1`);
  return manifest;
}
