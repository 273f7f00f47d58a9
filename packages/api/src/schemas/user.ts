import { Type } from "typebox";
import {
  EMAIL_LENGTH_MAX,
  IDEMPOTENCY_KEY_LENGTH_MAX,
  PAGE_ROWS_DEFAULT,
  PAGE_ROWS_MAX,
  USERNAME_LENGTH_MAX,
} from "../constants.ts";
import { querySchema, STRICT } from "./query.ts";
import { EMAIL_RULE, IDEMPOTENCY_KEY_RULE, USERNAME_RULE } from "./text-rules.ts";

const DEMO = { username: "demo", email: "demo@example.com" } as const;

export const NewUserSchema = Type.Object(
  {
    username: Type.String({
      minLength: 1,
      maxLength: USERNAME_LENGTH_MAX,
      pattern: USERNAME_RULE.pattern,
      description: "no space at either end, no control characters; unique",
      examples: [DEMO.username],
    }),
    email: Type.String({
      minLength: 1,
      maxLength: EMAIL_LENGTH_MAX,
      format: "email",
      pattern: EMAIL_RULE.pattern,
      description: "unique; its domain is the same in upper and lower case",
      examples: [DEMO.email],
    }),
  },
  STRICT,
);

const UserSchema = Type.Object({
  email: Type.String({ examples: [DEMO.email] }),
  id: Type.Integer({ format: "int64", minimum: 1, examples: [1] }),
  username: Type.String({ examples: [DEMO.username] }),
});

export const PageSchema = {
  ...Type.Array(UserSchema, { maxItems: PAGE_ROWS_MAX, description: "Users in order of their ids." }),
  headers: { link: { type: "string", description: 'the next page, as `<...>; rel="next"`; absent on the last' } },
};

export const AddedSchema = Type.Object(
  { message: Type.String({ examples: [`user [${DEMO.username}] added successfully`] }) },
  { description: "The user was added." },
);

export const IdempotencyHeadersSchema = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: IDEMPOTENCY_KEY_LENGTH_MAX,
      pattern: IDEMPOTENCY_KEY_RULE.pattern,
      description:
        "printable ASCII without spaces; repeat a request with the same key after an unknown outcome: it is carried out once",
      examples: ["6f1ed002-ab5c-4ac0-9d3c-0d6d1c0f4f5a"],
    }),
  ),
});

export const PageQuerySchema = querySchema({
  limit: Type.Integer({
    format: "int32",
    minimum: 1,
    maximum: PAGE_ROWS_MAX,
    default: PAGE_ROWS_DEFAULT,
    description: "how many users at most",
    examples: [PAGE_ROWS_DEFAULT],
  }),
  after: Type.Integer({
    format: "int64",
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: "id of the last user of the previous page",
    examples: [0],
  }),
});
