import { manualClock } from "@cloudy/twin-model/clock.ts";
import type { GraphResource } from "@cloudy/twin-model/graph.ts";
import type { Credentials } from "@cloudy/twin-model/identity.ts";
import { type EndpointOptions, startEndpoint } from "@cloudy/twin-wire/endpoint.ts";
import { clientSettings } from "@cloudy/twin-wire/test/endpoint-rig.ts";
import { Iam } from "../src/iam/iam.ts";
import { iamOperations } from "../src/iam/operations.ts";
import { graphOf, role, roleArn } from "./wire-graph.ts";

const everything = { Sid: "Everything", Effect: "Allow", Action: "*", Resource: "*" };

/** An endpoint with a role `Tester` that may do everything and one `Nobody` that may do nothing. */
export async function testEndpoint(services: EndpointOptions["services"], ...more: GraphResource[]) {
  const clock = manualClock();
  const identity = new Iam({ graph: graphOf(...role("Tester", [everything]), ...role("Nobody", []), ...more), clock });
  const endpoint = await startEndpoint({
    services: { ...services, sts: iamOperations(identity) },
    authority: identity,
  });
  const as = (name: string) => identity.credentialsFor(roleArn(name), "ec2.amazonaws.com", "i-0abc");
  const clientOf = (credentials: Credentials) => clientSettings(endpoint.url, credentials);
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
