import { Type } from "typebox";
import {
  EMAIL_LENGTH_MAX,
  IDEMPOTENCY_KEY_LENGTH_MAX,
  PAGE_ROWS_DEFAULT,
  PAGE_ROWS_MAX,
  USERNAME_LENGTH_MAX,
} from "../constants.ts";
import { STRICT } from "./query.ts";

export const NewUserSchema = Type.Object(
  {
    username: Type.String({
      minLength: 1,
      maxLength: USERNAME_LENGTH_MAX,
      // PostgreSQL stores no NUL, and UTF-8 has no lone surrogates: what is accepted comes back unchanged.
      pattern: "^(?! )[^\\p{Cc}\\p{Cs}]*(?<! )$",
      description: "no control characters, no space at either end",
    }),
    email: Type.String({
      minLength: 1,
      maxLength: EMAIL_LENGTH_MAX,
      format: "email",
      description: "its domain is the same in upper and lower case",
    }),
  },
  STRICT,
);

const UserSchema = Type.Object({ email: Type.String(), id: Type.Integer(), username: Type.String() });

export const PageSchema = {
  ...Type.Array(UserSchema, { description: "Users in order of their ids." }),
  headers: { link: { type: "string", description: 'the next page, as `<...>; rel="next"`; absent on the last' } },
};

export const AddedSchema = Type.Object({ message: Type.String() }, { description: "The user was added." });

export const IdempotencyHeadersSchema = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: IDEMPOTENCY_KEY_LENGTH_MAX,
      pattern: "^[\\x21-\\x7e]+$",
      description: "repeat a request with the same key after an unknown outcome: it is carried out once",
    }),
  ),
});

export const PageQuerySchema = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: PAGE_ROWS_MAX, default: PAGE_ROWS_DEFAULT }),
    after: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 0,
      description: "id of the last user of the previous page",
    }),
  },
  STRICT,
);
