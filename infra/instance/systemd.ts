import type { ConfigFile } from "./cloud-config.ts";

/** Sections of a unit file; a list gives the key several times. */
export type Unit = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** A unit as a file under /etc/systemd/system; `name` carries the type (`cloudy-api.service`). */
export function unitFile(name: string, unit: Unit): ConfigFile {
  return { path: `/etc/systemd/system/${name}`, content: iniText(unit) };
}

/**
 * A unit that is started again for as long as it fails. Without a limit of 0 systemd gives up for good after five starts within
 * ten seconds.
 */
export function retried(unit: Unit): Unit {
  return { ...unit, Unit: { ...unit["Unit"], StartLimitIntervalSec: "0" } };
}

export function iniText(sections: Unit): string {
  return Object.entries(sections)
    .map(([section, keys]) => {
      const lines = Object.entries(keys).flatMap(([key, value]) => [value].flat().map((item) => `${key}=${item}`));
      return `[${section}]\n${lines.join("\n")}\n`;
    })
    .join("\n");
}

/** An EnvironmentFile; values are quoted, so that spaces and `#` survive. */
export function environmentFile(path: string, variables: Readonly<Record<string, string | number>>): ConfigFile {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoteIfNeeded(String(value))}`);
  return { path, content: `${lines.join("\n")}\n` };
}

function quoteIfNeeded(value: string): string {
  return /^[A-Za-z0-9_./:@-]*$/.test(value) ? value : `"${value.replace(/(["\\])/g, "\\$1")}"`;
}

/** What every service of this project gives up: it needs no new rights and writes only where it is told to. */
export const HARDENING = {
  NoNewPrivileges: "yes",
  PrivateTmp: "yes",
  ProtectHome: "yes",
  ProtectSystem: "strict",
} as const;

/** Units that talk to AWS wait for the network. */
export const AFTER_NETWORK = { After: "network-online.target", Wants: "network-online.target" } as const;
