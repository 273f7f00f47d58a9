import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { BEATS_MISSED_UNWELL } from "../constants.ts";
import type { Settings } from "../settings.ts";
import type { Member } from "./member.ts";

/** Takes the instance's connections and hands each to the process that has the fewest. */
export class FrontDoor {
  readonly #members: () => readonly Member[];
  /** As node:http opens its own: whoever ends the sending of a request still waits for the answer. */
  readonly #server: Server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });

  constructor(members: () => readonly Member[]) {
    this.#members = members;
    this.#server.on("connection", (socket) => this.#hand(socket));
  }

  /** Resolves with the URL; rejects when the port cannot be had. */
  async open({ host, port }: Pick<Settings, "host" | "port">): Promise<string> {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the server has no address");
    const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return `http://${name}:${address.port}`;
  }

  /**
   * Resolves when no more come. What was accepted is handed out by then: a message that is sent next comes after the last
   * connection. In the event loop's check phase all that waited for acceptance has been accepted.
   */
  async close(): Promise<void> {
    await setImmediate();
    this.#server.close();
  }

  #hand(socket: Socket): void {
    const member = choose(this.#members());
    if (member === undefined) socket.destroy();
    else member.hand(socket);
  }
}

/** The process with the fewest connections of those that are well and have reached the database, as far as there are such. */
export function choose<Candidate extends Pick<Member, "isReady" | "hasDatabase" | "beatsMissed" | "connections">>(
  members: readonly Candidate[],
): Candidate | undefined {
  const ready = members.filter(({ isReady }) => isReady);
  const well = preferred(ready, ({ beatsMissed }) => beatsMissed < BEATS_MISSED_UNWELL);
  const able = preferred(well, ({ hasDatabase }) => hasDatabase);
  return able.toSorted((a, b) => a.connections - b.connections)[0];
}

function preferred<Item>(items: readonly Item[], isPreferred: (item: Item) => boolean): readonly Item[] {
  const some = items.filter(isPreferred);
  return some.length > 0 ? some : items;
}
