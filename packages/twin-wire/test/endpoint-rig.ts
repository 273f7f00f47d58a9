import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { Credentials } from "@cloudy/twin-model/identity.ts";
import { type EndpointOptions, startEndpoint } from "../src/endpoint.ts";
import { type Operation, type Operations, operation } from "../src/operation.ts";
import { smallAuthority } from "./small-authority.ts";

/** An endpoint with a caller `tester` that may do everything and one `nobody` that may do nothing. */
export async function testEndpoint(services: EndpointOptions["services"], port: EndpointOptions["port"] = 0) {
  const clock = manualClock();
  const { authority, tester, nobody, administrator } = smallAuthority(clock);
  const endpoint = await startEndpoint({ services: { ...services, sts }, authority, port });
  const as = (credentials: Credentials) => clientSettings(endpoint.url, credentials);
  return {
    ...endpoint,
    clock,
    identity: authority,
    tester: as(tester),
    nobody: as(nobody),
    administrator: as(administrator),
  };
}

/** Who calls is what the wire itself finds out. */
const sts: Operations = {
  GetCallerIdentity: operation<unknown, unknown>({
    access: () => [],
    run: (_input, { arn, accountId }) => ({ Arn: arn, Account: accountId, UserId: arn }),
  }),
};

/** What an SDK client needs to call the endpoint at `url`. */
export function clientSettings(url: string, { accessKeyId, secretAccessKey, sessionToken }: Credentials) {
  return {
    endpoint: url,
    region: "eu-west-1",
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  };
}

/** Operations that answer as told and remember the input they were given. */
export function recorded(answers: Readonly<Record<string, unknown>>, iamPrefix: string) {
  const inputs: unknown[] = [];
  const entries = Object.entries(answers).map(([action, answer]): [string, Operation] => [
    action,
    operation<unknown, unknown>({
      access: () => [{ action: `${iamPrefix}:${action}`, resource: "*" }],
      run: (input) => {
        inputs.push(input);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }),
  ]);
  return { operations: Object.fromEntries(entries) as Operations, inputs };
}
