import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { addUser, listUsers } from "../database/users.ts";
import { Problem } from "../problem.ts";
import { problemResponses } from "../schemas/problem.ts";
import { AddedSchema, IdempotencyHeadersSchema, NewUserSchema, PageQuerySchema, PageSchema } from "../schemas/user.ts";

/** `POST /users` adds a user, `GET /users` lists them page by page. */
export const usersRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const addSchema = {
    operationId: "addUser",
    tags: ["users"],
    summary: "Adds a user.",
    description:
      "An acknowledged user is stored, once. After a 503 it may be unknown whether this one was: send it again with the same Idempotency-Key.",
    headers: IdempotencyHeadersSchema,
    body: NewUserSchema,
    response: { 201: AddedSchema, ...problemResponses(409, 422, 503) },
  };
  app.post("/users", { schema: addSchema }, async (request, reply) => {
    const { username } = request.body;
    const outcome = await addUser(app.database, request.body, request.headers["idempotency-key"]);
    switch (outcome) {
      case "added":
      case "repeated":
        return reply.code(201).send({ message: `user [${username}] added successfully` });
      case "taken":
        throw new Problem(409, "username or email already taken");
      case "key-reused":
        throw new Problem(422, "This Idempotency-Key belongs to another user's request: use a new key.");
    }
  });

  const listSchema = {
    operationId: "listUsers",
    tags: ["users"],
    summary: "Lists the users, page by page.",
    description: "In order of their ids; the Link header leads to the next page.",
    querystring: PageQuerySchema,
    response: { 200: PageSchema, ...problemResponses(503) },
  };
  // A serialiser made of the schema takes twice the time of V8's own for a hundred users, who have the right shape already.
  const serializerCompiler = () => (answer: unknown) => JSON.stringify(answer);
  app.get("/users", { schema: listSchema, serializerCompiler }, async (request, reply) => {
    const { limit, after } = request.query;
    // One row more than asked for tells whether there is another page.
    const users = await listUsers(app.database, after, limit + 1);
    const page = users.slice(0, limit);
    const last = page.at(-1);
    if (users.length > limit && last !== undefined) {
      reply.header("link", `</users?limit=${limit}&after=${last.id}>; rel="next"`);
    }
    return page;
  });
};
