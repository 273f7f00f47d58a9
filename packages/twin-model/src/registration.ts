/** What Pulumi's monitor is asked for a resource; Pulumi does not document it, so it is pinned here and by a contract test. */
export interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): { forEach(seen: (of: { getUrnsList(): string[] }, property: string) => void): void };
  getIgnorechangesList(): string[];
  getAliasesList(): readonly { getUrn(): string }[];
  getDeletebeforereplacedefined(): boolean;
  getDeletebeforereplace(): boolean;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getProvider(): string;
}

/** What a program says to the engine of a resource, beside its properties. */
export interface ResourceOptions {
  /** URNs that it waits for. */
  readonly dependencies: readonly string[];
  /** By property, the URNs of those whose outputs its value was made of. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** Properties that an update leaves alone. */
  readonly ignoredChanges: readonly string[];
  /** URNs under which it was known before. */
  readonly aliases: readonly string[];
  /** Undefined leaves the order to the provider. */
  readonly deleteBeforeReplace: boolean | undefined;
  /** The engine refuses to replace or delete it. */
  readonly isProtected: boolean;
  /** It stays in the cloud when the stack lets go of it. */
  readonly isRetained: boolean;
  /** `<urn>::<id>`; empty for Pulumi's default provider. */
  readonly provider: string;
}

export function optionsIn(request: RegisterRequest): ResourceOptions {
  const propertyDependencies: Record<string, readonly string[]> = {};
  request.getPropertydependenciesMap().forEach((of, property) => {
    propertyDependencies[property] = of.getUrnsList();
  });
  return {
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    ignoredChanges: request.getIgnorechangesList(),
    aliases: request.getAliasesList().map((alias) => alias.getUrn()),
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    isProtected: request.getProtect(),
    isRetained: request.getRetainondelete(),
    provider: request.getProvider(),
  };
}
