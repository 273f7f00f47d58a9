/** What a provider does with a changed resource of one type. */
export interface TypeFacts {
  /** Properties whose change makes a new resource in the old one's place. */
  readonly replaces: readonly string[];
  /** Properties whose change is carried out on the living resource. */
  readonly updates: readonly string[];
  /** The provider deletes the old one before it makes the new one. */
  readonly deletesFirst?: boolean;
  /** Pulumi invents this property where the program gives none; where it does, the old one is deleted first. */
  readonly autoNamed?: string;
  /** An update gives it a new version, which whoever refers to it takes over. */
  readonly hasVersions?: boolean;
  /** Changes of these replace it only where one takes the other's place, as the kind of peer of a firewall rule. */
  readonly alternatives?: readonly string[];
}
