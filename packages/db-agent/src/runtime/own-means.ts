import { log } from "../log.ts";
import { keepKey, readKeptKey } from "../postgres/kept-key.ts";
import type { Secrets } from "../postgres/secrets.ts";
import { readServerCertificate, writeServerCertificate } from "../postgres/server-certificate.ts";
import { judgeMeans, type Means, SECRETS_MISSING, type Unfitness } from "../protocol/means.ts";

interface Hooks {
  onKey(key: string): void;
  onCertificateEnd(end_ms: number): void;
  /** What it lacks is something else than before. */
  onUnfit(unfit: readonly Unfitness[]): void;
}

/** Certificate and grant key of this instance: as an earlier agent kept them, and then as they are read. */
export class OwnMeans {
  readonly #stateDir: string;
  readonly #hooks: Hooks;
  #means: Means;
  #unfit: readonly Unfitness[] = [SECRETS_MISSING];

  constructor(stateDir: string, hooks: Hooks) {
    this.#stateDir = stateDir;
    this.#hooks = hooks;
    this.#means = { grantKey: readKeptKey(stateDir), certificate: readServerCertificate(stateDir) };
  }

  /** Throws AgentError for a certificate that is not of its key; then all stays as it was. */
  take({ grantKey, server }: Secrets): void {
    const certificate = writeServerCertificate(this.#stateDir, server, Date.now());
    keepKey(this.#stateDir, grantKey);
    this.#means = { grantKey, certificate };
    this.use();
  }

  use(): void {
    const { grantKey, certificate } = this.#means;
    if (certificate !== undefined) this.#hooks.onCertificateEnd(certificate.endsAt_ms);
    if (grantKey !== undefined) this.#hooks.onKey(grantKey);
    this.judge();
  }

  /** Again and again: a certificate ends by the clock. */
  judge(): void {
    const unfit = judgeMeans(this.#means, Date.now());
    if (codesOf(unfit) === codesOf(this.#unfit)) return;
    this.#unfit = unfit;
    for (const { because } of unfit) log("error", `unfit to serve: ${because}`, { code: "unfit" });
    this.#hooks.onUnfit(unfit);
  }
}

const codesOf = (unfit: readonly Unfitness[]) => unfit.map(({ code }) => code).join();
