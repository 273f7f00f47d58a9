import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";

/** `A.member.1.B=x` as a tree: the value of a parameter and the parameters below it. */
interface FormNode {
  text: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** The parameters of a query request, split at the dots of their names. */
export function formTree(parameters: URLSearchParams): FormNode {
  const root: FormNode = { text: undefined, children: new Map() };
  for (const [name, value] of parameters) {
    let node = root;
    for (const part of name.split(".")) {
      const next = node.children.get(part) ?? { text: undefined, children: new Map() };
      node.children.set(part, next);
      node = next;
    }
    node.text = value;
  }
  return root;
}

/** `ec2` and `query` name and nest members differently: lists are flat in EC2, `member.N` otherwise. */
type Dialect = "ec2" | "query";

const fromString = new FromStringShapeDeserializer({
  httpBindings: false,
  timestampFormat: { useTrait: true, default: 5 },
});

/** Reads what the schema describes; parameters it does not know are left out, as AWS does. */
export function readForm(schema: NormalizedSchema, node: FormNode, dialect: Dialect): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) return readStructure(schema, node, dialect);
  if (schema.isListSchema()) return readList(schema, node, dialect);
  if (schema.isMapSchema()) return readMap(schema, node, dialect);
  return fromString.read(schema, node.text ?? "");
}

function readStructure(schema: NormalizedSchema, node: FormNode, dialect: Dialect): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const child = node.children.get(parameterName(name, member, dialect));
    if (child) value[name] = readForm(member, child, dialect);
  }
  return value;
}

function parameterName(name: string, member: NormalizedSchema, dialect: Dialect): string {
  const { ec2QueryName, xmlName } = member.getMergedTraits();
  if (dialect === "query") return xmlName ?? name;
  if (typeof ec2QueryName === "string") return ec2QueryName;
  const key = xmlName ?? name;
  return key.charAt(0).toUpperCase() + key.slice(1);
}

function readList(schema: NormalizedSchema, node: FormNode, dialect: Dialect): unknown[] {
  const item = schema.getValueSchema();
  const flat = dialect === "ec2" || Boolean(schema.getMergedTraits().xmlFlattened);
  const items = flat ? node : node.children.get(item.getMergedTraits().xmlName ?? "member");
  return items ? numbered(items).map((child) => readForm(item, child, dialect)) : [];
}

function readMap(schema: NormalizedSchema, node: FormNode, dialect: Dialect): Record<string, unknown> {
  const [key, value] = [schema.getKeySchema(), schema.getValueSchema()];
  const flat = Boolean(schema.getMergedTraits().xmlFlattened);
  const entries = flat ? node : node.children.get("entry");
  const result: Record<string, unknown> = {};
  for (const entry of entries ? numbered(entries) : []) {
    const name = entry.children.get(key.getMergedTraits().xmlName ?? "key")?.text;
    const content = entry.children.get(value.getMergedTraits().xmlName ?? "value");
    if (name !== undefined && content) result[name] = readForm(value, content, dialect);
  }
  return result;
}

/** Children `1`, `2`, ... in the order of their numbers, which need not be that of the request. */
function numbered(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}
