import { STATUS_CODES } from "node:http";
import { RETRY_AFTER_SECONDS } from "./constants.ts";

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** One thing that is wrong with a request, and where: a JSON pointer into its body, query or headers. */
export interface Complaint {
  readonly path: string;
  readonly message: string;
}

/** An RFC 9457 problem document. */
export interface ProblemDocument {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly Complaint[];
  /** Same as `detail`: what clients of the first version of this API read. */
  readonly message?: string;
}

interface ProblemOptions {
  readonly cause?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that is answered as a problem document with its own status. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

/** This instance cannot do it now; the same request may succeed a little later. */
export class Unavailable extends Problem {
  override readonly name: string = "Unavailable";

  constructor(detail: string, cause?: unknown) {
    super(503, detail, { cause, headers: { "retry-after": String(RETRY_AFTER_SECONDS) } });
  }
}

/** The database cannot be reached, or broke off before it answered. */
export class DatabaseUnavailable extends Unavailable {
  override readonly name = "DatabaseUnavailable";
  /** Certainly nothing was changed, so that it may be tried again. False: unknown, or trying again is of no use yet. */
  readonly isUndone: boolean;

  constructor(detail: string, options: { readonly cause?: unknown; readonly isUndone: boolean }) {
    super(detail, options.cause);
    this.isUndone = options.isUndone;
  }
}

export function problemDocument(status: number, detail: string, errors?: readonly Complaint[]): ProblemDocument {
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    ...(errors === undefined ? {} : { errors }),
    ...(status === 409 ? { message: detail } : {}),
  };
}
