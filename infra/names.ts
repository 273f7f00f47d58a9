import { labelOf, type StackIdentity } from "./stack.ts";

export type PhysicalNames = ReturnType<typeof physicalNames>;

/** Every name that AWS gives only once an account and region; all others it makes up. */
export function physicalNames(identity: StackIdentity) {
  const { prefix } = identity;
  const label = labelOf(identity);
  const functions = { failover: `${prefix}Failover`, probe: `${prefix}Probe` };
  return {
    secrets: { database: `${prefix}DB`, server: `${prefix}DBServer`, failover: `${prefix}Failover` },
    functions,
    // Where Lambda would put a function's log by itself.
    logGroups: { failover: `/aws/lambda/${functions.failover}`, probe: `/aws/lambda/${functions.probe}` },
    instanceLogGroups: {
      web: `/cloudy/${label}/web`,
      database: `/cloudy/${label}/database`,
      nat: `/cloudy/${label}/nat`,
    },
    loadBalancers: { web: `${prefix}LB` },
    dashboards: { stack: `${prefix}Stack` },
  } as const;
}
