import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import type { ApiResponse, Operation, Schema } from "../src/docs/document.ts";

/** What `inject` gives, and what is read off a socket. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Headers that clients act on: one that is sent must be documented. */
const TELLING = /^(allow|link|location|retry-after|www-authenticate|(x-)?ratelimit.*)$/;

/** Compares answers with what the document says of them. */
export class Judge {
  readonly #ajv = formats.default(new Ajv2020({ strict: false }));
  readonly #compiled = new WeakMap<Schema, ValidateFunction>();

  compile(schema: Schema): ValidateFunction {
    const known = this.#compiled.get(schema) ?? this.#ajv.compile(schema);
    this.#compiled.set(schema, known);
    return known;
  }

  check(operation: Operation, answer: Answer): void {
    const documented: ApiResponse | undefined = operation.responses[answer.statusCode];
    expect(documented, `status ${answer.statusCode}`).toBeDefined();
    const mediaType = String(answer.headers["content-type"]).split(";")[0] ?? "";
    const schema = documented?.content?.[mediaType]?.schema;
    expect(schema, `media type ${mediaType}`).toBeDefined();
    const validate = this.compile(schema!);
    expect(validate(JSON.parse(answer.body)) || validate.errors).toBe(true);
    const headers = Object.entries(documented?.headers ?? {});
    const always = headers.filter(([, header]) => header.required === true).map(([name]) => name);
    expect(Object.keys(answer.headers)).toEqual(expect.arrayContaining(always));
    const telling = Object.keys(answer.headers).filter((name) => TELLING.test(name));
    expect(headers.map(([name]) => name)).toEqual(expect.arrayContaining(telling));
  }
}
