import { type AlarmDefinition, type Metric, MINUTE_S, minutes, missingInstances, type Watched } from "./alarm.ts";

/** Minutes in a row of errors or slowness: a failover of the database is over before. */
const LASTING_MINUTES = 5;
/** ACM renews by itself from 60 days before the end on. */
const HTTPS_CERTIFICATE_DAYS = 30;
const DAY_S = 86_400;

export function balancerMetric({ web }: Watched, name: string, statistic: string, ofTargetGroup = false): Metric {
  const targetGroup = ofTargetGroup ? { TargetGroup: web.targetGroup } : {};
  return {
    namespace: "AWS/ApplicationELB",
    name,
    dimensions: { ...targetGroup, LoadBalancer: web.loadBalancer },
    statistic,
  };
}

export function webAlarms(watched: Watched): readonly AlarmDefinition[] {
  const { web, boot_s } = watched;
  const hosts = (name: string, statistic: string) => balancerMetric(watched, name, statistic, true);
  const all = (name: string, statistic: string) => balancerMetric(watched, name, statistic);
  return [
    {
      name: "no-healthy-web-target",
      means: "The load balancer has no healthy web instance: the service is down.",
      act: "Look at the target group's reasons and the web group's activities; `journalctl -u cloudy-api` on one instance.",
      fault: "every web instance fails its health checks",
      watched: hosts("HealthyHostCount", "Maximum"),
      fires: "below",
      threshold: 1,
      period_s: MINUTE_S,
      // The instances of a first deployment are in service before the load balancer calls them healthy.
      periods: minutes(web.healthy_s) + 2,
      // Without a registered instance nothing is reported: web-instances-missing and web-errors tell of that.
      missing: "ignore",
    },
    {
      name: "web-hosts-unhealthy",
      means: "A web instance has been unhealthy for longer than it takes to replace it: its successors fail as well.",
      act: "Look at the target group's reasons; the API's journal on the instance names what it lacks.",
      fault: "one web instance after the other fails its health checks",
      watched: hosts("UnHealthyHostCount", "Minimum"),
      fires: "above",
      threshold: 0,
      period_s: MINUTE_S,
      periods: 2 * minutes(boot_s),
      // Each successor is `initial` for its first checks; and a change that rolls through leaves fewer unhealthy minutes.
      breaching: minutes(boot_s),
      missing: "notBreaching",
    },
    {
      name: "web-instances-missing",
      means: "The web group has had fewer instances in service than it should for longer than a boot takes.",
      act: "Look at the group's activities: a launch that AWS refuses says why, one that is given up did not boot.",
      fault: "new web instances never come into service",
      watched: missingInstances(web.group),
      fires: "above",
      threshold: 0,
      period_s: MINUTE_S,
      periods: minutes(boot_s) + 5,
      missing: "notBreaching",
    },
    {
      name: "web-errors",
      means: `More than ${web.errorPercent} % of the requests ended with a 5xx in each of the last five minutes.`,
      act: "503 with no-database-online: see there. Otherwise the API's journal names the error of each request.",
      fault: "the API answers 500",
      watched: {
        // Of requests that no target could take only the load balancer's own answer is counted.
        expression: "100 * (FILL(own, 0) + FILL(target, 0)) / (FILL(requests, 0) + FILL(own, 0))",
        label: "percent of 5xx",
        metrics: {
          own: all("HTTPCode_ELB_5XX_Count", "Sum"),
          target: all("HTTPCode_Target_5XX_Count", "Sum"),
          requests: all("RequestCount", "Sum"),
        },
      },
      fires: "above",
      threshold: web.errorPercent,
      period_s: MINUTE_S,
      periods: LASTING_MINUTES,
      missing: "notBreaching",
    },
    {
      name: "web-latency",
      means: `One request of a hundred took longer than ${web.latency_s} s in each of the last five minutes.`,
      act: "Compare CPU, CPU credits and instances on the dashboard: raise webMax or webInstanceType if they are at their end.",
      fault: "the API answers after seconds",
      watched: all("TargetResponseTime", "p99"),
      fires: "above",
      threshold: web.latency_s,
      period_s: MINUTE_S,
      periods: LASTING_MINUTES,
      missing: "notBreaching",
    },
    ...(web.certificateArn === undefined ? [] : [httpsCertificate(web.certificateArn)]),
  ];
}

function httpsCertificate(certificateArn: NonNullable<Watched["web"]["certificateArn"]>): AlarmDefinition {
  return {
    name: "https-certificate-ends",
    means: `The load balancer's certificate ends within ${HTTPS_CERTIFICATE_DAYS} days: ACM could not renew it.`,
    act: "Open it in ACM: the DNS record that proves the domain is missing, or an imported certificate must be imported anew.",
    fault: "the validation record of the domain was removed",
    watched: {
      namespace: "AWS/CertificateManager",
      name: "DaysToExpiry",
      dimensions: { CertificateArn: certificateArn },
      statistic: "Minimum",
    },
    fires: "below",
    threshold: HTTPS_CERTIFICATE_DAYS,
    period_s: DAY_S,
    periods: 1,
    missing: "ignore",
  };
}
