import { NormalizedSchema } from "@smithy/core/schema";
import type { ServiceTraits } from "./services.ts";

export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

/** One API action as the SDK's own service model describes it. */
export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Only services with REST bindings have it, for example `["GET", "/{Key+}?acl", 200]`. */
  readonly http: { readonly method: string; readonly uri: string; readonly status: number } | undefined;
}

export interface ServiceModel {
  readonly traits: ServiceTraits;
  readonly operations: ReadonlyMap<string, OperationModel>;
}

/** Smithy's number for an operation in the compact schemas the clients export. */
const OPERATION = 9;

const loaded = new Map<string, Promise<ServiceModel>>();

/** The model of a service, from the schemas its client package exports (`DescribeInstances$`, ...). */
export function serviceModel(traits: ServiceTraits): Promise<ServiceModel> {
  const known = loaded.get(traits.name);
  if (known) return known;
  const model = traits.load().then((exports) => ({ traits, operations: operationsOf(exports) }));
  loaded.set(traits.name, model);
  return model;
}

function operationsOf(exports: object): ReadonlyMap<string, OperationModel> {
  const operations = new Map<string, OperationModel>();
  for (const [key, value] of Object.entries(exports)) {
    if (!key.endsWith("$") || !Array.isArray(value) || value[0] !== OPERATION) continue;
    const [, , name, operationTraits, input, output] = value as [number, string, string, unknown, SchemaRef, SchemaRef];
    operations.set(name, {
      name,
      // Normalized on first use: EC2 alone has 700 operations.
      get input() {
        return NormalizedSchema.of(input);
      },
      get output() {
        return NormalizedSchema.of(output);
      },
      http: httpOf(operationTraits),
    });
  }
  return operations;
}

function httpOf(operationTraits: unknown): OperationModel["http"] {
  const { http } = Object(operationTraits) as { http?: readonly [string, string, number] };
  return http && { method: http[0], uri: http[1], status: http[2] };
}

/** A structure made of members of existing schemas, so that envelopes need no hand-written XML or JSON. */
export function structure(name: string, members: Readonly<Record<string, SchemaRef>>): NormalizedSchema {
  const schema = [3, "twin", name, 0, Object.keys(members), Object.values(members)];
  return NormalizedSchema.of(schema as unknown as SchemaRef);
}

/** Schema of a plain string. */
export const STRING: SchemaRef = 0;
