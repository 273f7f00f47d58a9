import { ContractError } from "./document.ts";
import { filledText, informal, object, type Schema, type Static } from "./schema.ts";

/** RDS writes a port as a number, people often as text; without one it is PostgreSQL's. */
const port: Schema<number> = {
  must: "be a port",
  read: (given) => {
    const value = Number(given ?? 5432);
    const isPort = Number.isInteger(value) && value > 0 && value < 65_536;
    return isPort ? { value } : { faults: [{ path: "", must: "be a port", got: given }] };
  },
};

/** `CloudyDB`: how clients log in to the database. */
export const DatabaseSecretSchema = object({
  username: filledText,
  password: filledText,
  /** The virtual IP. */
  host: filledText,
  port,
  dbname: filledText,
  /** PEM of the authority whose certificate for `host` the server must show; without it a client connects without TLS. */
  ca: informal(filledText),
});

/** `CloudyDBServer`: what PostgreSQL shows to its clients, both as PEM. */
export const ServerSecretSchema = object({ certificate: filledText, key: filledText });

/** `CloudyFailover`: signs grants and orders, in hex. */
export const FailoverSecretSchema = object({ grantKey: filledText });

export type DatabaseSecret = Static<typeof DatabaseSecretSchema>;
export type ServerSecret = Static<typeof ServerSecretSchema>;

/** Throws a ContractError that names the fields which are missing or wrong, never what is in the secret. */
export function parseSecret<Value>(schema: Schema<Value>, text: string, source: string): Value {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new ContractError(`${source} is not JSON: write a new version of it.`);
  }
  const reading = schema.read(typeof given === "object" && given !== null ? given : {});
  if ("value" in reading) return reading.value;
  const names = reading.faults.map(({ path }) => path).join(", ");
  throw new ContractError(`${source} lacks a usable ${names}: write a new version of it.`);
}
