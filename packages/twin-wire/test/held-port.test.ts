import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { holdPort } from "../src/held-port.ts";
import { testEndpoint } from "./endpoint-rig.ts";

test("a port is nobody else's from the time it is held, and the endpoint started on it answers there", async () => {
  const port = await holdPort();
  const second = await holdPort(port.number);
  expect(second.number).toBeGreaterThan(port.number);
  await second.close();
  const { url, tester, close } = await testEndpoint({}, port);
  expect(url).toBe(`http://127.0.0.1:${port.number}`);
  const { Account } = await new STSClient(tester).send(new GetCallerIdentityCommand({}));
  expect(Account).toBe("123456789012");
  await close();
  await expect(fetch(url)).rejects.toThrow();
});
