import { STATUS_CODES } from "node:http";
import { RETRY_AFTER_SECONDS } from "./constants.ts";

/** One thing that is wrong with a request, and where (a JSON pointer into the body, or a parameter's name). */
export interface Complaint {
  readonly pointer: string;
  readonly detail: string;
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

/** An error that is answered as a problem document with its own status. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly status: number;
  readonly retryAfter_s: number | undefined;

  constructor(status: number, detail: string, options: { cause?: unknown; retryAfter_s?: number } = {}) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.retryAfter_s = options.retryAfter_s;
  }
}

/** The database cannot be reached, or broke off before it answered. Whether a write took place is then unknown. */
export class DatabaseUnavailable extends Problem {
  override readonly name = "DatabaseUnavailable";

  constructor(detail: string, cause?: unknown) {
    super(503, detail, { cause, retryAfter_s: RETRY_AFTER_SECONDS });
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
