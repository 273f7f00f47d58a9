import { describe, expect, test } from "vitest";
import { startService } from "./service.ts";

const NO_DATABASE = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };

describe("documentation", () => {
  test("A6: /docs/json is OpenAPI 3.1 and names every operation with its answers", async () => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject("/docs/json");
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    const document = response.json();
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.entries<Record<string, { responses: object }>>(document.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, { responses }]) => [`${method} ${path}`, Object.keys(responses)]),
    );
    const guarded = ["400", "401", "429", "500", "503"];
    expect(Object.fromEntries(operations)).toEqual({
      "get /": ["200", ...guarded],
      "get /healthz": ["200", "500"],
      "get /readyz": ["200", "500", "503"],
      "get /load": ["200", ...guarded],
      "get /users": ["200", ...guarded],
      "post /users": ["201", "400", "401", "409", "413", "415", "422", "429", "500", "503"],
    });
    const problem = document.paths["/users"].post.responses["503"];
    expect(problem.content["application/problem+json"].schema.properties).toHaveProperty("detail");
    expect(problem.headers).toHaveProperty("retry-after");
    expect(document.paths["/users"].get.responses["200"].headers).toHaveProperty("link");
  });

  test("A6: /docs shows all of it to people, without scripts and without other files", async () => {
    const app = await startService(NO_DATABASE);
    const response = await app.inject("/docs");
    expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
    for (const text of ["GET /users", "POST /users", "idempotency-key", "maxLength 80", "default 100"]) {
      expect(response.body).toContain(text);
    }
    expect(response.body).not.toMatch(/<script|<link|src=/);
  });
});
