import { parseGrant } from "@cloudy/contracts/grant.ts";
import type { Order } from "@cloudy/contracts/order.ts";
import { parseOrder } from "@cloudy/contracts/order.ts";
import { isAuthentic, isAuthenticOrder } from "@cloudy/contracts/signed-messages.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import type { DatabaseSession } from "../postgres/database-session.ts";
import { judgeOrder } from "../protocol/orders.ts";
import type { AgentState, Event } from "../protocol/state.ts";
import { judgeGrant } from "../protocol/succession.ts";
import type { Verdict } from "./status-server.ts";

/** Grants and orders as they come in: only what is signed, and of use now, gets to the core. */
export class SignedMessages {
  readonly #session: DatabaseSession;
  readonly #state: () => AgentState;
  readonly #dispatch: (event: Event) => void;
  #key: string | undefined;

  constructor(session: DatabaseSession, state: () => AgentState, dispatch: (event: Event) => void) {
    this.#session = session;
    this.#state = state;
    this.#dispatch = dispatch;
  }

  setKey(key: string): void {
    this.#key = key;
  }

  takeGrant(body: string): Verdict {
    const grant = parseGrant(body);
    if (grant === undefined) return { code: 400, because: "not a grant: {epoch, deadHolder, successor, mac}" };
    if (this.#key === undefined) return { code: 503, because: "the grant key is not loaded yet" };
    const { accepted, because } = isAuthentic(grant, this.#key)
      ? judgeGrant(this.#state(), grant)
      : { accepted: undefined, because: "the grant's MAC is wrong" };
    log(accepted ? "info" : "warn", `grant for epoch ${grant.epoch} ${accepted ? "accepted" : "refused"}: ${because}`, {
      code: accepted ? "grant-accepted" : "grant-refused",
    });
    if (accepted === undefined) return { code: 403, because };
    if (!accepted) return { code: 409, because };
    const { epoch, deadHolder, successor } = grant;
    this.#dispatch({ kind: "grant", grant: { epoch, deadHolder, successor } });
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
    if (!accepted) return { code: authentic ? 409 : 403, because };
    this.#dispatch({ kind: "order", order });
    return { code: 202, because };
  }

  /** A time to restore to must lie before a commit that is archived: one is made now, and the clock that counts is asked. */
  async #judge(order: Order): Promise<ReturnType<typeof judgeOrder>> {
    if (order.order === "restore" && order.targetTime !== null && judgeOrder(this.#state(), order).accepted) {
      const now = await this.#session.markTime().catch((error: unknown) => {
        log("warn", `no commit could be made before the restore: ${messageOf(error)}`, { code: "mark-failed" });
        return undefined;
      });
      if (now !== undefined && order.targetTime >= now.toISOString()) {
        const because = `${order.targetTime} is not over yet, by the database's clock it is ${now.toISOString()}`;
        return { accepted: false, because };
      }
    }
    return judgeOrder(this.#state(), order);
  }
}
