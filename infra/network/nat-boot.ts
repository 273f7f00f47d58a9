import { type CloudConfig, INSTANCE_ID, SWAP } from "../instance/cloud-config.ts";
import { AFTER_NETWORK, iniText, unitFile } from "../instance/systemd.ts";

export interface NatBootArgs {
  readonly vpcCidr: string;
  /** The fixed interface that the private route points at. */
  readonly interfaceId: string;
  readonly interfaceMac: string;
}

const FORWARDING_UNIT = "cloudy-nat.service";
const INTERFACE_UNIT = "cloudy-nat-interface.service";

/**
 * How a NAT instance comes up. It boots over its own interface and public address, then takes over the fixed interface.
 * Packets of the private subnets come in and leave by that one: its default route is the preferred one.
 */
export function natBoot(args: NatBootArgs): CloudConfig {
  return {
    packages: ["iptables-nft"],
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
      unitFile(FORWARDING_UNIT, {
        Unit: { Description: "Cloudy NAT", ...AFTER_NETWORK },
        Service: {
          Type: "oneshot",
          RemainAfterExit: "yes",
          ExecStart: [
            "/usr/sbin/sysctl -w net.ipv4.ip_forward=1",
            `/usr/sbin/iptables -t nat -A POSTROUTING -s ${args.vpcCidr} ! -d ${args.vpcCidr} -j MASQUERADE`,
          ],
        },
        Install: { WantedBy: "multi-user.target" },
      }),
      unitFile(INTERFACE_UNIT, {
        Unit: { Description: "Cloudy NAT interface", ...AFTER_NETWORK },
        Service: {
          Type: "oneshot",
          RemainAfterExit: "yes",
          // Until the predecessor has let go of it. Not enabled: after a reboot the interface is still attached.
          ExecStart: `/usr/bin/aws ec2 attach-network-interface --instance-id ${INSTANCE_ID} --device-index 1 --network-interface-id ${args.interfaceId}`,
          Restart: "on-failure",
          RestartSec: "5s",
        },
      }),
    ],
    runcmd: [
      ["set", "-e"],
      ["networkctl", "reload"],
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", FORWARDING_UNIT],
      ["systemctl", "start", INTERFACE_UNIT],
    ],
  };
}
