import { parseGrant } from "@cloudy/contracts/grant.ts";
import { parseOrder } from "@cloudy/contracts/order.ts";
import { isAuthentic, isAuthenticOrder } from "@cloudy/contracts/signed-messages.ts";
import { type AgentState, type Event, judgeOrder } from "@cloudy/db-agent";
import type { CodeUnderTest } from "../code-under-test.ts";

/** What whoever delivers a message is told. */
interface Verdict {
  readonly code: number;
  readonly because: string;
}

/** Grants and orders as they come in, taken as the agent's runtime takes them: what is signed, and of use now, gets to the core. */
export class SignedMessages {
  readonly #judgeGrant: CodeUnderTest["judgeGrant"];
  readonly #state: () => AgentState;
  readonly #dispatch: (event: Event) => void;
  #key: string | undefined;

  constructor(judgeGrant: CodeUnderTest["judgeGrant"], state: () => AgentState, dispatch: (event: Event) => void) {
    this.#judgeGrant = judgeGrant;
    this.#state = state;
    this.#dispatch = dispatch;
  }

  setKey(key: string): void {
    this.#key = key;
  }

  takeGrant(body: string): Verdict {
    const signed = parseGrant(body);
    if (signed === undefined) return { code: 400, because: "not a grant" };
    if (this.#key === undefined) return { code: 503, because: "the grant key is not loaded yet" };
    if (!isAuthentic(signed, this.#key)) return { code: 403, because: "the grant's MAC is wrong" };
    const { epoch, deadHolder, successor } = signed;
    const grant = { epoch, deadHolder, successor };
    const { accepted, because } = this.#judgeGrant(this.#state(), grant);
    if (!accepted) return { code: 409, because };
    this.#dispatch({ kind: "grant", grant });
    return { code: 202, because };
  }

  takeOrder(body: string): Verdict {
    const signed = parseOrder(body);
    if (signed === undefined) return { code: 400, because: "not an order" };
    if (this.#key === undefined) return { code: 503, because: "the grant key is not loaded yet" };
    const { order, mac } = signed;
    if (!isAuthenticOrder(order, mac, this.#key)) return { code: 403, because: "the order's MAC is wrong" };
    const { accepted, because } = judgeOrder(this.#state(), order);
    if (!accepted) return { code: 409, because };
    this.#dispatch({ kind: "order", order });
    return { code: 202, because };
  }
}
