import { READY_HOOK } from "@cloudy/contracts/ready-hook.ts";
import { bootStep, packagesStep, STEP_PAUSE } from "../instance/boot-step.ts";
import { type CloudConfig, INSTANCE_ID, SWAP, startUnits } from "../instance/cloud-config.ts";
import { logsStep } from "../instance/logs-boot.ts";
import { iniText, retried, unitFile } from "../instance/systemd.ts";

export interface NatBootArgs {
  readonly logGroup: string;
  readonly vpcCidr: string;
  /** The fixed interface that the private route points at. */
  readonly interfaceId: string;
  readonly interfaceMac: string;
  /** The instance's auto-scaling group, which waits for its word. */
  readonly groupName: string;
}

const FORWARDING_UNIT = "cloudy-nat.service";

/** The AWS CLI gives up by itself sooner. */
const AWS_CALL_SECONDS = 120;

/**
 * How a NAT instance comes up. It boots over its own interface and public address, then takes over the fixed interface.
 * Packets of the private subnets come in and leave by that one: its default route is the preferred one.
 */
export function natBoot(args: NatBootArgs): CloudConfig {
  const packages = packagesStep(["iptables-nft"]);
  // Tried until the predecessor has let go of it; done once: after a reboot the interface is still attached.
  const takeover = bootStep("nat-interface", {
    description: "Cloudy NAT interface",
    after: [FORWARDING_UNIT],
    commandSeconds: AWS_CALL_SECONDS,
    commands: [
      // Before the interface is there: the file below was written after systemd-networkd had started.
      "/usr/bin/networkctl reload",
      `/usr/bin/aws ec2 attach-network-interface --instance-id ${INSTANCE_ID} --device-index 1 --network-interface-id ${args.interfaceId}`,
    ],
  });
  // The group waits for this word; it is given once, for an instance that does what it is for.
  const ready = bootStep("nat-ready", {
    description: "Cloudy NAT is ready",
    after: [FORWARDING_UNIT, takeover.unit],
    commandSeconds: AWS_CALL_SECONDS,
    commands: [
      `/usr/bin/systemctl is-active --quiet ${FORWARDING_UNIT}`,
      `/usr/bin/test -e ${takeover.doneFile}`,
      `/usr/bin/aws autoscaling complete-lifecycle-action --auto-scaling-group-name ${args.groupName} --lifecycle-hook-name ${READY_HOOK} --lifecycle-action-result CONTINUE --instance-id ${INSTANCE_ID}`,
    ],
  });
  const logs = logsStep(args.logGroup, [packages, takeover, ready]);
  return {
    swap: SWAP,
    write_files: [
      {
        // Sorted before the distribution's 70-*.network files, whose default route prefers the first interface.
        path: "/etc/systemd/network/05-cloudy-nat.network",
        content: iniText({
          Match: { MACAddress: args.interfaceMac },
          Network: { DHCP: "ipv4" },
          DHCPv4: { RouteMetric: "100" },
        }),
      },
      ...[packages, takeover, ready, logs].flatMap(({ files }) => files),
      unitFile(
        FORWARDING_UNIT,
        retried({
          Unit: {
            Description: "Cloudy NAT",
            After: `network-online.target ${packages.unit}`,
            Wants: `network-online.target ${packages.unit}`,
          },
          Service: {
            Type: "oneshot",
            RemainAfterExit: "yes",
            // iptables is the last, so that a repeated attempt adds no second rule.
            ExecStart: [
              "/usr/sbin/sysctl -w net.ipv4.ip_forward=1",
              `/usr/sbin/iptables -t nat -A POSTROUTING -s ${args.vpcCidr} ! -d ${args.vpcCidr} -j MASQUERADE`,
            ],
            Restart: "on-failure",
            RestartSec: STEP_PAUSE,
          },
          Install: { WantedBy: "multi-user.target" },
        }),
      ),
    ],
    runcmd: startUnits([packages.unit, FORWARDING_UNIT, takeover.unit, ready.unit, logs.unit]),
  };
}
