import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Context, conditionHolds } from "../src/iam/condition.ts";
import { evaluate, type Question } from "../src/iam/evaluate.ts";
import { parsePolicy } from "../src/iam/policy.ts";
import { arnMatcher, wildcard } from "../src/iam/wildcard.ts";

const none = () => undefined;
const principal = { accountId: "1", arns: ["arn:aws:iam::1:role/R"], service: undefined };
const ask = (action: string, resource: string, context: Context = {}): Question => ({
  principal,
  action,
  resource,
  context,
});
const effect = (statements: unknown, question: Question) =>
  evaluate([parsePolicy("p", { Statement: statements })], question).effect;

describe("conditions", () => {
  const holds = (operator: string, values: string | string[], value: string | undefined) =>
    conditionHolds({ operator, key: "k", values: [values].flat() }, value === undefined ? {} : { k: value });

  test.each([
    ["StringEquals", ["a", "b"], "b", true],
    ["StringEquals", "a", "A", false],
    ["StringEqualsIgnoreCase", "a", "A", true],
    ["StringNotEquals", ["a", "b"], "b", false],
    ["StringNotEquals", ["a", "b"], "c", true],
    ["StringLike", "Web*", "WebServers", true],
    ["StringNotLike", "Web*", "WebServers", false],
    ["NumericLessThanEquals", "10", "10", true],
    ["NumericGreaterThan", "9", "10", true],
    ["Bool", "true", "TRUE", true],
    ["DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", true],
    ["DateLessThan", "2026-01-01T00:00:00Z", "1767312000", false],
    ["IpAddress", "10.0.0.0/16", "10.0.255.1", true],
    ["IpAddress", "10.0.0.0/16", "10.1.0.1", false],
    ["NotIpAddress", "10.0.0.0/16", "10.1.0.1", true],
    ["IpAddress", "0.0.0.0/0", "203.0.113.9", true],
    ["ArnLike", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:eu-west-1:1:instance/i-1", true],
    ["ArnEquals", "arn:aws:ec2:*:instance/*", "arn:aws:ec2:eu-west-1:1:instance/i-1", false],
    ["Null", "true", undefined, true],
    ["Null", "true", "x", false],
    ["Null", "false", "x", true],
  ] as const)("%s %j holds for %j: %s", (operator, values, value, expected) => {
    expect(holds(operator, [values].flat() as string[], value)).toBe(expected);
  });

  test("an absent key fails a condition, unless it is negated or IfExists", () => {
    expect(holds("StringEquals", "a", undefined)).toBe(false);
    expect(holds("StringEqualsIfExists", "a", undefined)).toBe(true);
    expect(holds("StringEqualsIfExists", "a", "b")).toBe(false);
    expect(holds("StringNotEquals", "a", undefined)).toBe(true);
    expect(holds("ArnNotLike", "a", undefined)).toBe(true);
    expect(holds("Bool", "false", undefined)).toBe(false);
  });

  test("sets: all of the values, any of the values, and none at all", () => {
    expect(holds("ForAllValues:StringEquals", ["Name", "Env"], "Name,Env")).toBe(true);
    expect(holds("ForAllValues:StringEquals", ["Name"], "Name,Env")).toBe(false);
    expect(holds("ForAnyValue:StringEquals", ["Name"], "Name,Env")).toBe(true);
    expect(holds("ForAllValues:StringEquals", ["Name"], undefined)).toBe(true);
    expect(holds("ForAnyValue:StringEquals", ["Name"], undefined)).toBe(false);
    expect(holds("ForAnyValue:StringNotEquals", ["Name"], undefined)).toBe(false);
  });

  test("variables stand for context values, are never wildcards, and fail when they have no value", () => {
    const statement = { Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::b/\${aws:PrincipalTag/team}/*` };
    const to = (key: string, team?: string) =>
      effect(statement, ask("s3:GetObject", `arn:aws:s3:::b/${key}`, team ? { "aws:principaltag/team": team } : {}));
    expect(to("red/x", "red")).toBe("allow");
    expect(to("blue/x", "red")).toBe("none");
    expect(to("blue/x", "*")).toBe("none");
    expect(to("red/x")).toBe("none");
    expect(wildcard(`\${x, 'a'}-\${*}`, none)?.("a-*")).toBe(true);
  });
});

describe("policy documents", () => {
  test("what is not modelled is refused with its place", () => {
    const allow = { Effect: "Allow", Action: "s3:*", Resource: "*" };
    const parse = (statement: unknown) => () => parsePolicy("P", { Statement: statement });
    expect(parse({ ...allow, Condition: { StringMatches: { k: "v" } } })).toThrow(
      'StringMatches in statement #1 of policy "P" is no condition operator of IAM.',
    );
    expect(parse({ ...allow, NotPrincipal: "*" })).toThrow('The element NotPrincipal in statement #1 of policy "P"');
    expect(parse([{ ...allow, Sid: "S", Effect: "allow" }])).toThrow(
      'Effect in statement S of policy "P" is "allow"; it must be Allow or Deny.',
    );
    expect(parse({ ...allow, Action: undefined })).toThrow("neither Action nor NotAction");
    expect(parse([])).toThrow("has no statement");
  });

  test("NotAction and NotResource allow all but what they name", () => {
    const statement = { Effect: "Allow", NotAction: "iam:*", NotResource: "arn:aws:s3:::b/*" };
    expect(effect(statement, ask("s3:GetObject", "arn:aws:s3:::c/x"))).toBe("allow");
    expect(effect(statement, ask("s3:GetObject", "arn:aws:s3:::b/x"))).toBe("none");
    expect(effect(statement, ask("iam:PassRole", "arn:aws:s3:::c/x"))).toBe("none");
  });

  test("an action without resource-level permissions is allowed by Resource * only", () => {
    const on = (resource: string) =>
      effect({ Effect: "Allow", Action: "ec2:Describe*", Resource: resource }, ask("ec2:DescribeInstances", "*"));
    expect(on("*")).toBe("allow");
    expect(on("arn:aws:ec2:*:*:instance/*")).toBe("none");
  });
});

describe("ARN patterns", () => {
  test("a wildcard stays in its field; missing fields are wildcards; the last field may hold colons", () => {
    const matches = (pattern: string, arn: string) => arnMatcher(pattern, none)?.(arn);
    expect(matches("arn:aws:logs:*:*:*", "arn:aws:logs:eu-west-1:1:log-group:/aws/x:*")).toBe(true);
    expect(matches("arn:aws:ec2:*", "arn:aws:ec2:eu-west-1:1:instance/i-1")).toBe(true);
    expect(matches("arn:aws:*:instance/*", "arn:aws:ec2:eu-west-1:1:instance/i-1")).toBe(false);
    expect(matches("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y")).toBe(true);
    expect(matches("arn:aws:s3:::b/?", "arn:aws:s3:::b/xy")).toBe(false);
  });
});

describe("properties", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "-", "(", "[", "\\", "$") });

  test("a pattern without wildcards matches itself and nothing else", () => {
    fc.assert(
      fc.property(text, text, (pattern, other) => {
        expect(wildcard(pattern, none)?.(pattern)).toBe(true);
        expect(wildcard(pattern, none)?.(other)).toBe(pattern === other);
      }),
    );
  });

  test("cutting any piece out of a text and putting * in its place still matches", () => {
    fc.assert(
      fc.property(text, text, text, (start, middle, end) => {
        expect(wildcard(`${start}*${end}`, none)?.(start + middle + end)).toBe(true);
      }),
    );
  });

  const statement = fc.record({
    Effect: fc.constantFrom("Allow", "Deny"),
    Action: fc.constantFrom("s3:*", "s3:GetObject", "ec2:*", "*"),
    Resource: fc.constantFrom("*", "arn:aws:s3:::b/*", "arn:aws:s3:::c/*"),
  });
  const question = fc.record({
    action: fc.constantFrom("s3:GetObject", "s3:PutObject", "ec2:StopInstances"),
    resource: fc.constantFrom("arn:aws:s3:::b/x", "arn:aws:s3:::c/x"),
  });

  test("order never matters, one more deny never allows more, one more allow never denies more", () => {
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1 }),
        statement,
        question,
        (statements, extra, { action, resource }) => {
          const before = effect(statements, ask(action, resource));
          expect(effect([...statements].reverse(), ask(action, resource))).toBe(before);
          const after = effect([...statements, extra], ask(action, resource));
          if (extra.Effect === "Deny" && before !== "allow") expect(after).not.toBe("allow");
          if (extra.Effect === "Allow" && before !== "deny") expect(after).not.toBe("deny");
          if (before === "deny") expect(after).toBe("deny");
        },
      ),
    );
  });
});
