import { parseGrant } from "@cloudy/contracts/grant.ts";
import type { Order } from "@cloudy/contracts/order.ts";
import { parseOrder } from "@cloudy/contracts/order.ts";
import { isAuthentic, isAuthenticOrder } from "@cloudy/contracts/signed-messages.ts";
import { WRONG_MAC_MS } from "../constants.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";
import type { DatabaseSession } from "../postgres/database-session.ts";
import { judgeOrder } from "../protocol/orders.ts";
import type { AgentState, Event } from "../protocol/state.ts";
import { judgeGrant } from "../protocol/succession.ts";
import type { Verdict } from "./status-server.ts";

interface Surroundings {
  readonly state: () => AgentState;
  readonly dispatch: (event: Event) => void;
  /** The key may have been rotated since it was read. */
  readonly onWrongMac: () => void;
}

/** Grants and orders as they come in: only what is signed, and of use now, gets to the core. */
export class SignedMessages {
  readonly #session: DatabaseSession;
  readonly #around: Surroundings;
  #key: string | undefined;
  #wrong_at_ms = Number.NEGATIVE_INFINITY;

  constructor(session: DatabaseSession, around: Surroundings) {
    this.#session = session;
    this.#around = around;
  }

  setKey(key: string): void {
    this.#key = key;
  }

  takeGrant(body: string): Verdict {
    const grant = parseGrant(body);
    if (grant === undefined) return { code: 400, because: "not a grant: {epoch, deadHolder, successor, mac}" };
    if (this.#key === undefined) return { code: 503, because: "the grant key is not loaded yet" };
    const { accepted, because } = isAuthentic(grant, this.#key)
      ? judgeGrant(this.#around.state(), grant)
      : { accepted: undefined, because: "the grant's MAC is wrong" };
    log(accepted ? "info" : "warn", `grant for epoch ${grant.epoch} ${accepted ? "accepted" : "refused"}: ${because}`, {
      code: accepted ? "grant-accepted" : "grant-refused",
    });
    if (accepted === undefined) {
      this.#wrongMac();
      return { code: 403, because };
    }
    if (!accepted) return { code: 409, because };
    const { epoch, deadHolder, successor } = grant;
    this.#around.dispatch({ kind: "grant", grant: { epoch, deadHolder, successor } });
    return { code: 202, because };
  }

  async takeOrder(body: string): Promise<Verdict> {
    const signed = parseOrder(body);
    if (signed === undefined) {
      return { code: 400, because: "not an order: {order, epoch, holder, mac}, to restore also {backup, targetTime}" };
    }
    if (this.#key === undefined) return { code: 503, because: "the grant key is not loaded yet" };
    const { order } = signed;
    const authentic = isAuthenticOrder(order, signed.mac, this.#key);
    const { accepted, because } = authentic
      ? await this.#judge(order)
      : { accepted: false, because: "the order's MAC is wrong" };
    const what = `order to ${order.order} in epoch ${order.epoch}`;
    log(accepted ? "info" : "warn", `${what} ${accepted ? "accepted" : "refused"}: ${because}`, {
      code: accepted ? "order-accepted" : "order-refused",
    });
    if (!authentic) this.#wrongMac();
    if (!accepted) return { code: authentic ? 409 : 403, because };
    this.#around.dispatch({ kind: "order", order });
    return { code: 202, because };
  }

  /** Whoever gave it gives it again; a stranger's letters must not make one request after the other. */
  #wrongMac(): void {
    const now_ms = monotonic_ms();
    if (now_ms - this.#wrong_at_ms < WRONG_MAC_MS) return;
    this.#wrong_at_ms = now_ms;
    this.#around.onWrongMac();
  }

  /** A time to restore to must lie before a commit that is archived: one is made now, and the clock that counts is asked. */
  async #judge(order: Order): Promise<ReturnType<typeof judgeOrder>> {
    if (order.order === "restore" && order.targetTime !== null && judgeOrder(this.#around.state(), order).accepted) {
      const now = await this.#session.markTime().catch((error: unknown) => {
        log("warn", `no commit could be made before the restore: ${messageOf(error)}`, { code: "mark-failed" });
        return undefined;
      });
      if (now !== undefined && order.targetTime >= now.toISOString()) {
        const because = `${order.targetTime} is not over yet, by the database's clock it is ${now.toISOString()}`;
        return { accepted: false, because };
      }
    }
    return judgeOrder(this.#around.state(), order);
  }
}
