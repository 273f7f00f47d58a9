import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { AgentError } from "../errors.ts";
import { SUPERUSER } from "./postgres-settings.ts";
import { scramVerifier } from "./scram.ts";
import type { Login } from "./secrets.ts";

/**
 * Makes the role and the database of the secret if they are missing. A role that is there gets the secret's password only if the
 * secret `isCurrent`: an older copy must not put an old password back over the one that another instance has set.
 */
export async function applyCredentials(client: Client, secret: Login, isCurrent: boolean): Promise<void> {
  if (secret.username === SUPERUSER) {
    throw new AgentError(
      `the secret's username "${SUPERUSER}" is the superuser, which has no access by network: choose another`,
    );
  }
  const role = client.escapeIdentifier(secret.username);
  const password = client.escapeLiteral(scramVerifier(secret.password, randomBytes(16)));
  const roles = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [secret.username]);
  const isNew = roles.rowCount === 0;
  if (isNew || isCurrent) await client.query(`${isNew ? "CREATE" : "ALTER"} ROLE ${role} LOGIN PASSWORD ${password}`);
  const databases = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [secret.dbname]);
  if (databases.rowCount === 0) {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(secret.dbname)} OWNER ${role}`);
  }
}
