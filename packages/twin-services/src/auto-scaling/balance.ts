/** What decides where the next instance goes and which one leaves; nothing here has effects. */

export interface Candidate {
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly launchTemplateVersion: number;
  readonly launchTime_ms: number;
  readonly protectedFromScaleIn: boolean;
}

/** The first subnet in the zone with the fewest instances. */
export function nextSubnet<Subnet extends { readonly id: string; readonly availabilityZone: string }>(
  subnets: readonly Subnet[],
  zones: readonly string[],
): Subnet | undefined {
  const load = (subnet: Subnet) => zones.filter((zone) => zone === subnet.availabilityZone).length;
  return subnets.toSorted((a, b) => load(a) - load(b))[0];
}

/**
 * Auto Scaling's default termination policy: in the zone with the most instances that may go, the one of the oldest
 * launch template, then the oldest one (AWS takes the one closest to its next billing hour).
 */
export function chooseForTermination(members: readonly Candidate[]): Candidate | undefined {
  const open = members.filter((member) => !member.protectedFromScaleIn);
  const inZone = (zone: string) => members.filter((member) => member.availabilityZone === zone).length;
  const fullest = Math.max(...open.map((member) => inZone(member.availabilityZone)));
  return open
    .filter((member) => inZone(member.availabilityZone) === fullest)
    .toSorted((a, b) => a.launchTemplateVersion - b.launchTemplateVersion || a.launchTime_ms - b.launchTime_ms)[0];
}
