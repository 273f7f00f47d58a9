/** One recorded resource of the Pulumi program; all references are resolved to plain ids, ARNs and names. */
export interface GraphResource {
  /** Pulumi type token, for example `aws:ec2/vpc:Vpc`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly id: string;
  /** Inputs as the program gave them (Pulumi's camelCase names), plus the provider's default tags in `tags`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs and what AWS would have computed (arn, dnsName, ...). */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly parent: string | undefined;
  /** URNs this resource depends on, by property and by `dependsOn`. */
  readonly dependencies: readonly string[];
}

export interface Graph {
  readonly resources: readonly GraphResource[];
  /** Stack outputs, plain values. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly accountId: string;
  ofType(type: string): readonly GraphResource[];
}

/** A graph of these resources; `ofType` answers in the program's order. */
export function createGraph(content: Omit<Graph, "ofType">): Graph {
  const byType = Map.groupBy(content.resources, ({ type }) => type);
  return { ...content, ofType: (type) => byType.get(type) ?? [] };
}
