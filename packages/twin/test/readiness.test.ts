import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Cloud } from "@cloudy/twin-services/cloud.ts";
import { expect, onTestFinished, test } from "vitest";
import { whenReady } from "../src/readiness.ts";

test("the stack is ready only when each instance reaches the database, not just the first one that is asked", async () => {
  // Two instances in turn; the second one gets to its database a little later.
  const answers = [200, 503, 200, 503, 200, 200];
  const asked: number[] = [];
  const server = createServer((_, response) => {
    const status = answers[asked.length] ?? 200;
    asked.push(status);
    response.writeHead(status).end();
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  await whenReady({
    graph: { ofType: () => [{ inputs: { targetGroupArns: ["tg"], minSize: 2 } }] } as unknown as Graph,
    bus: { on: () => () => {} } as unknown as Bus,
    cloud: { loadBalancing: { healthyTargets: () => ["web-1", "web-2"] } } as unknown as Cloud,
    readyUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ready`,
    stopping: new AbortController().signal,
  });
  expect(asked).toEqual(answers);
});
