import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyBaseLogger } from "fastify";
import { TOKENS_AGE_MS_MAX, TOKENS_FETCH_INTERVAL_MS } from "../constants.ts";
import { Unavailable } from "../problem.ts";

interface TokenListOptions {
  /** Gives `{"sha256": ["<hex>", ...]}`: the hashes of the tokens that are valid, never the tokens. */
  readonly fetch: () => Promise<string>;
  readonly now_ms: () => number;
  readonly log: FastifyBaseLogger;
}

/** The bearer tokens that are valid. They are fetched anew now and then, and when one is unknown that may be new. */
export class TokenList {
  readonly #options: TokenListOptions;
  #hashes: readonly Buffer[] | undefined;
  #fetching: Promise<void> | undefined;
  /** When the list was fetched, and when it was tried. */
  #fetched_ms = Number.NEGATIVE_INFINITY;
  #tried_ms = Number.NEGATIVE_INFINITY;

  constructor(options: TokenListOptions) {
    this.#options = options;
  }

  /** Throws Unavailable as long as the list could never be fetched. */
  async has(token: string): Promise<boolean> {
    const hash = createHash("sha256").update(token).digest();
    if (this.#hashes === undefined || this.#options.now_ms() - this.#fetched_ms > TOKENS_AGE_MS_MAX)
      await this.#refresh();
    if (this.#contains(hash)) return true;
    await this.#refresh();
    if (this.#hashes === undefined)
      throw new Unavailable("The access tokens could not be fetched yet; try again shortly.");
    return this.#contains(hash);
  }

  /** Compares with all of them, so that the time tells nothing of where one of them differs. */
  #contains(hash: Buffer): boolean {
    let isKnown = false;
    for (const candidate of this.#hashes ?? []) isKnown = timingSafeEqual(candidate, hash) || isKnown;
    return isKnown;
  }

  /** Calls at the same time share one fetch; the list at hand stays when it fails. */
  async #refresh(): Promise<void> {
    const now_ms = this.#options.now_ms();
    if (this.#fetching === undefined && now_ms - this.#tried_ms < TOKENS_FETCH_INTERVAL_MS) return;
    this.#tried_ms = this.#fetching === undefined ? now_ms : this.#tried_ms;
    this.#fetching ??= this.#fetchOnce(now_ms).finally(() => {
      this.#fetching = undefined;
    });
    await this.#fetching;
  }

  async #fetchOnce(now_ms: number): Promise<void> {
    try {
      this.#hashes = parseTokenHashes(await this.#options.fetch());
      this.#fetched_ms = now_ms;
    } catch (error) {
      this.#options.log.warn({ err: error }, "the access tokens cannot be fetched");
    }
  }
}

/** Throws an error that says what the secret must be, without repeating it. */
export function parseTokenHashes(text: string): readonly Buffer[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const list: unknown = parsed instanceof Object && "sha256" in parsed ? parsed.sha256 : undefined;
  if (!Array.isArray(list) || !list.every((hash) => typeof hash === "string" && /^[0-9a-f]{64}$/i.test(hash))) {
    throw new Error(
      'The secret of access tokens must be {"sha256": ["<64 hex digits>", ...]}: write a new version of it.',
    );
  }
  return list.map((hash: string) => Buffer.from(hash, "hex"));
}
