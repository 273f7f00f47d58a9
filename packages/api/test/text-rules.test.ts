import formats from "ajv-formats/dist/formats.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMAIL_RULE, IDEMPOTENCY_KEY_RULE, USERNAME_RULE } from "../src/schemas/text-rules.ts";

/** As the validation compiles a schema's pattern. */
const matches = ({ pattern }: { pattern: string }, text: string) => new RegExp(pattern, "u").test(text);
const CODE_POINTS = Array.from({ length: 0x110000 }, (_, point) => point);

describe("rules of texts", () => {
  test("A2: a username may hold each character of Unicode but controls and halves, and the space only inside", () => {
    const pattern = new RegExp(USERNAME_RULE.pattern, "u");
    const allowed = /[^\p{Cc}\p{Cs}]/u;
    const wrong = CODE_POINTS.map((point) => String.fromCodePoint(point)).filter(
      (character) =>
        pattern.test(character) !== (character !== " " && allowed.test(character)) ||
        pattern.test(`a${character}a`) !== allowed.test(character),
    );
    expect(wrong).toEqual([]);
  });

  test("A2: a username is refused exactly when something can be said against it", () => {
    const trouble = fc.constantFrom(
      " ",
      "a",
      "é",
      "🙂",
      "\n",
      "\u007f",
      "\u009f",
      "\ud800",
      "\udfff",
      "\ud7ff",
      "\ue000",
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: trouble, minLength: 1 }), fc.string({ minLength: 1 })), (text) => {
        expect(USERNAME_RULE.faultsOf(text).length === 0).toBe(matches(USERNAME_RULE, text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [" a", ["must not begin or end with a space"]],
    ["a ", ["must not begin or end with a space"]],
    ["a\tb", ["must not contain control characters such as tabs or line breaks"]],
    ["a\ud800", ["must not contain half a character (a lone surrogate)"]],
    [" \n", ["must not begin or end with a space", "must not contain control characters such as tabs or line breaks"]],
    ["a b", []],
    ["Ålesund 🙂", []],
  ])("A2: %j: %j", (text, faults) => {
    expect([USERNAME_RULE.faultsOf(text), matches(USERNAME_RULE, text)]).toEqual([faults, faults.length === 0]);
  });

  test("A2: the pattern of emails takes what the validator's own format of emails took", () => {
    const format = formats.fullFormats.email as RegExp;
    const near = fc.stringMatching(/^[ab.A1!'"@é\u212a-]{0,12}@[ab.1Z_\u017f-]{0,12}$/);
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), near, fc.string()), (text) => {
        expect([text, matches(EMAIL_RULE, text)]).toEqual([text, format.test(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each(["name@example.com", "a.b+c@xn--bcher-kva.example"])("A2: %s is an email", (text) =>
    expect(matches(EMAIL_RULE, text)).toBe(true),
  );

  test.each([
    "a@localhost",
    '"a b"@example.com',
    "a@[127.0.0.1]",
    "a..b@example.com",
    ".a@example.com",
    "a@-b.com",
    "a@example.com\n",
    "é@example.com",
  ])("A2: %j is none", (text) => expect(matches(EMAIL_RULE, text)).toBe(false));

  test.each([USERNAME_RULE, EMAIL_RULE, IDEMPOTENCY_KEY_RULE])(
    "A2: $pattern has nothing in it that Python or Rust would read otherwise",
    ({ pattern }) => {
      expect(pattern).not.toMatch(/\(\?[=!<]|\\p|\\u\{|\\ud[89a-f]/i);
      expect(pattern.isWellFormed()).toBe(true);
    },
  );

  test("A2: a long text that nearly matches is refused at once", () => {
    const started_ms = performance.now();
    for (const piece of ["a", "a.", "a-", "a@", "a@a.", "🙂 "]) {
      const text = `${piece.repeat(16_384 / piece.length)}\u0000`;
      for (const rule of [USERNAME_RULE, EMAIL_RULE]) expect(matches(rule, text)).toBe(false);
    }
    expect(performance.now() - started_ms).toBeLessThan(500);
  });
});
