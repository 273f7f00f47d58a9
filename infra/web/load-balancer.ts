import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Firewall } from "../network/firewall.ts";
import type { Network } from "../network/network.ts";
import { API_PORT, HTTP_PORT, HTTPS_PORT, LISTENER_PORT } from "../network/ports.ts";
import type { LogSettings } from "../settings/log-settings.ts";
import type { WebSettings } from "../settings/web-settings.ts";
import { createAccessLogs } from "./access-logs.ts";
import { createCertificate } from "./certificate.ts";

export interface LoadBalancerArgs {
  readonly loadBalancerName: string;
  readonly accountId: pulumi.Input<string>;
  readonly settings: WebSettings;
  readonly accessLogs: LogSettings;
  readonly network: Network;
  readonly firewall: Firewall;
}

/** TLS 1.3 and 1.2 with forward secrecy only. */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** Whether the listener speaks TLS; the firewall must open 80 and 443 then. */
export function usesHttps(settings: WebSettings): boolean {
  return settings.certificateArn !== undefined || settings.domain !== undefined;
}

/** Internet-facing load balancer: HTTP on 8080, or HTTPS on 443 with redirects from there and from 80. */
export class LoadBalancer extends pulumi.ComponentResource {
  readonly loadBalancer: aws.lb.LoadBalancer;
  readonly targetGroup: aws.lb.TargetGroup;
  readonly url: pulumi.Output<string>;
  readonly certificateArn: pulumi.Input<string> | undefined;

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:LoadBalancer", name, {}, opts);
    const requests = this.#createAccessLogs(args);
    this.loadBalancer = new aws.lb.LoadBalancer(
      name,
      {
        name: args.loadBalancerName,
        internal: false,
        loadBalancerType: "application",
        securityGroups: [args.firewall.loadBalancer.id],
        subnets: args.network.publicSubnets.map((subnet) => subnet.id),
        ...(requests === undefined ? {} : { accessLogs: { bucket: requests.bucket.bucket, enabled: true } }),
      },
      // AWS makes no public load balancer in a VPC that has no internet gateway yet.
      { parent: this, dependsOn: [args.network, ...(requests === undefined ? [] : [requests.policy])] },
    );
    this.targetGroup = this.#createTargetGroup(name, args);
    const { domain, certificateArn } = args.settings;
    this.certificateArn = domain === undefined ? certificateArn : createCertificate(domain, this.loadBalancer, this);
    this.url = this.#createListeners(args.settings);
    this.registerOutputs({ url: this.url });
  }

  #createAccessLogs({ accessLogs, accountId }: LoadBalancerArgs) {
    if (accessLogs.accessLogs === "none") return undefined;
    return createAccessLogs("access-logs", { accountId, retentionDays: accessLogs.logRetentionDays }, this);
  }

  #createTargetGroup(name: string, { settings, network }: LoadBalancerArgs): aws.lb.TargetGroup {
    const { healthCheck } = settings;
    return new aws.lb.TargetGroup(
      name,
      {
        port: API_PORT,
        protocol: "HTTP",
        vpcId: network.vpc.id,
        deregistrationDelay: settings.deregistrationDelaySeconds,
        healthCheck: {
          // Shallow: a deep check would turn a database outage into the termination of all web instances.
          path: healthCheck.path,
          protocol: "HTTP",
          interval: healthCheck.intervalSeconds,
          timeout: healthCheck.timeoutSeconds,
          healthyThreshold: healthCheck.healthyThreshold,
          unhealthyThreshold: healthCheck.unhealthyThreshold,
          matcher: healthCheck.matcher,
        },
      },
      { parent: this },
    );
  }

  #createListeners(settings: WebSettings): pulumi.Output<string> {
    const forward = { type: "forward", targetGroupArn: this.targetGroup.arn };
    if (!usesHttps(settings)) {
      this.#createListener("http", { port: LISTENER_PORT, protocol: "HTTP", defaultActions: [forward] });
      return pulumi.interpolate`http://${this.loadBalancer.dnsName}:${LISTENER_PORT}`;
    }
    this.#createListener("https", {
      port: HTTPS_PORT,
      protocol: "HTTPS",
      sslPolicy: TLS_POLICY,
      ...(this.certificateArn === undefined ? {} : { certificateArn: this.certificateArn }),
      defaultActions: [forward],
    });
    const redirect = { protocol: "HTTPS", port: String(HTTPS_PORT), statusCode: "HTTP_301" };
    const defaultActions = [{ type: "redirect", redirect }];
    // Browsers that are given a bare name come to 80; links of the time without a certificate lead to 8080.
    this.#createListener("http-80", { port: HTTP_PORT, protocol: "HTTP", defaultActions });
    this.#createListener("http", { port: LISTENER_PORT, protocol: "HTTP", defaultActions });
    return pulumi.interpolate`https://${settings.domain ?? this.loadBalancer.dnsName}`;
  }

  /** A name is that of one port, whatever happens there: AWS refuses a second listener on a port that has one. */
  #createListener(name: string, args: Omit<aws.lb.ListenerArgs, "loadBalancerArn">): void {
    new aws.lb.Listener(name, { loadBalancerArn: this.loadBalancer.arn, ...args }, { parent: this });
  }
}
