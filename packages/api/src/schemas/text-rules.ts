/** What a text must be: a pattern that tools match and make up texts by, and what people are told instead of it. */
interface TextRule {
  /**
   * ECMA-262 with the flag `u`. Without look-around, \p, \u{} and surrogates: it must be the same to Python and Rust, in which
   * validators and generators are written. And a class of nearly all characters says what is not in it, since generators write
   * classes out.
   */
  readonly pattern: string;
  /** What is wrong with a text that the pattern does not match; nothing where another keyword of the schema says it. */
  readonly faultsOf: (text: string) => readonly string[];
}

/**
 * Controls and lone surrogates: PostgreSQL stores no NUL, UTF-8 has no lone surrogates, and what is accepted comes back
 * unchanged. Rust reads no surrogate in a pattern, but a range over them, whose ends are then let in again.
 */
const REFUSED = "\\u0000-\\u001f\\u007f-\\u009f\\ud7ff-\\ue000";
const ENDS = "[\\ud7ff\\ue000]";
const INNER = `(?:[^${REFUSED}]|${ENDS})`;
const OUTER = `(?:[^ ${REFUSED}]|${ENDS})`;

export const USERNAME_RULE: TextRule = {
  pattern: `^${OUTER}(?:${INNER}*${OUTER})?$`,
  faultsOf: (text) => [
    ...(/^ | $/.test(text) ? ["must not begin or end with a space"] : []),
    ...(/\p{Cc}/u.test(text) ? ["must not contain control characters such as tabs or line breaks"] : []),
    ...(text.isWellFormed() ? [] : ["must not contain half a character (a lone surrogate)"]),
  ],
};

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";

/** The usual form of an address: dotted atoms at a dotted domain. What RFC 5321 has besides, nobody's mailbox is called. */
export const EMAIL_RULE: TextRule = {
  pattern: `^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${LABEL}$`,
  faultsOf: (text) => (text === "" ? [] : ["must be an email address such as name@example.com"]),
};

export const IDEMPOTENCY_KEY_RULE: TextRule = {
  pattern: "^[\\x21-\\x7e]+$",
  faultsOf: (text) => (text === "" ? [] : ["must be printable ASCII without spaces"]),
};

const RULES = new Map([USERNAME_RULE, EMAIL_RULE, IDEMPOTENCY_KEY_RULE].map((rule) => [rule.pattern, rule]));

/** For people, what is wrong with a text that does not match this pattern; undefined when the pattern is none of ours. */
export function faultsBy(pattern: string, text: string): readonly string[] | undefined {
  return RULES.get(pattern)?.faultsOf(text);
}
