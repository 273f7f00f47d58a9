import type { StackConfiguration } from "./program/configuration.ts";
import { type StandIns, standInsOf } from "./stand-ins.ts";

/**
 * What the local cloud is told of an application, beyond the program that declares its resources: another application is
 * another value of this form.
 */
export interface Application {
  readonly name: string;
  /** Units that stay in wall time; all others live in cloud time. */
  readonly realTimeUnits: readonly string[];
  /** Answers 200 through the load balancer when the instance that is asked can do its work. */
  readonly readyPath: string;
  /** Shell lines to try once it is up. */
  readonly examples: (loadBalancerUrl: string) => readonly string[];
  /** What stands in for what a stack asks of somebody outside. */
  readonly standIns: (
    configuration: StackConfiguration,
    own: { readonly accountId: string; readonly token: string },
  ) => StandIns;
}

/** Everything that the local cloud knows of the application of this repository. */
export const application: Application = {
  name: "Cloudy",
  // Their work for clients takes real CPU time: timeouts in cloud time would make a busy service look broken at high speeds.
  realTimeUnits: ["cloudy-api.service", "cloudy-host-metrics.service"],
  // The API says so only when its database answers, so the virtual IP leads to a server that runs.
  readyPath: "/readyz",
  examples: (url) => [
    `curl ${url}/`,
    `curl -X POST -H 'content-type: application/json' -d '{"username":"demo","email":"demo@example.com"}' ${url}/users`,
    `curl ${url}/users`,
    `curl ${url}/load`,
  ],
  standIns: standInsOf,
};
