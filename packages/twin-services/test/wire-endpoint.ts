import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { GraphResource } from "@cloudy/twin-model/graph.ts";
import type { Credentials } from "@cloudy/twin-model/identity.ts";
import { type EndpointOptions, startEndpoint } from "@cloudy/twin-wire/endpoint.ts";
import { type Operation, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { Iam } from "../src/iam/iam.ts";
import { graphOf, role, roleArn } from "./wire-graph.ts";

const everything = { Sid: "Everything", Effect: "Allow", Action: "*", Resource: "*" };

/** An endpoint with a role `Tester` that may do everything and one `Nobody` that may do nothing. */
export async function testEndpoint(services: EndpointOptions["services"], ...more: GraphResource[]) {
  const clock = manualClock();
  const identity = new Iam({ graph: graphOf(...role("Tester", [everything]), ...role("Nobody", []), ...more), clock });
  const endpoint = await startEndpoint({ services: { ...services, sts: identity.operations }, authority: identity });
  const as = (name: string) => identity.credentialsFor(roleArn(name), "ec2.amazonaws.com", "i-0abc");
  /** What an SDK client needs to call the endpoint. */
  const clientOf = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials, region = "eu-west-1") => ({
    endpoint: endpoint.url,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  return {
    ...endpoint,
    clock,
    identity,
    tester: clientOf(as("Tester")),
    nobody: clientOf(as("Nobody")),
    administrator: clientOf(identity.administrator),
    clientOf,
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
