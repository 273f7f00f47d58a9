import type { ApiDocument, ApiResponse, Operation, Schema } from "./document.ts";

export const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #ccc; margin-top: 2rem; }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: #f4f4f4; color: #111; padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid #ddd; }
:root { color-scheme: light dark; }
`;

/** The whole reference as one page without scripts or files: it travels inside the bundle and needs nothing else. */
export function renderPage(document: ApiDocument): string {
  const { title, version, description } = document.info;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      renderOperation(method.toUpperCase(), path, { security: document.security ?? [], ...operation }),
    ),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} API</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)} API ${escapeHtml(version)}</h1>
${paragraphs(description)}
<p>For tools: <a href="/docs/json">OpenAPI 3.1</a>.</p>
${operations.join("\n")}
</body></html>
`;
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const asked = [
    ...(operation.parameters ?? []).map((parameter) => ({ ...parameter, where: parameter.in })),
    ...fieldsOf(body).map((field) => ({ ...field, where: "body" })),
  ];
  const rows = asked.map(({ name, where, required, schema }) => [
    `<code>${escapeHtml(name)}</code>`,
    `${escapeHtml(where)}${required === true ? ", required" : ""}`,
    describe(schema),
  ]);
  return `<section><h2><code>${method} ${escapeHtml(path)}</code></h2>
${paragraphs(operation.summary)}${paragraphs(operation.description)}
<pre>${escapeHtml(curl(method, path, body, operation.security))}</pre>
${rows.length === 0 ? "" : table(["name", "in", "what"], rows)}
${table(["status", "what", "body"], Object.entries(operation.responses).map(renderResponse))}</section>`;
}

function renderResponse([status, response]: [string, ApiResponse]): readonly string[] {
  const [mediaType, content] = Object.entries(response.content ?? {})[0] ?? [];
  const headers = Object.entries(response.headers ?? {}).map(
    ([name, header]) =>
      `; header <code>${escapeHtml(name)}</code>${header.description ? `: ${inline(header.description)}` : ""}`,
  );
  const isProblem = mediaType?.includes("problem") === true;
  const body = isProblem || content?.schema === undefined ? "" : `<code>${escapeHtml(shape(content.schema))}</code>`;
  return [status, `${inline(response.description)}${headers.join("")}`, isProblem ? "a problem document" : body];
}

function fieldsOf(schema: Schema | undefined) {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    required: schema?.required?.includes(name) ?? false,
    schema: property,
  }));
}

/** `{"email": string, "id": integer}` */
function shape(schema: Schema): string {
  if (schema.items !== undefined) return `[${shape(schema.items)}]`;
  if (schema.properties === undefined) return schema.type ?? "any";
  return `{${Object.entries(schema.properties)
    .map(([name, property]) => `"${name}": ${shape(property)}`)
    .join(", ")}}`;
}

/** A type with its limits: `integer, minimum 1, maximum 1000`. */
function describe(schema: Schema | undefined): string {
  if (schema === undefined) return "";
  const limits = ["format", "minLength", "maxLength", "minimum", "maximum", "default"]
    .filter((keyword) => schema[keyword] !== undefined)
    .map((keyword) => `${keyword} ${String(schema[keyword])}`);
  const sentence = [schema.type ?? "", ...limits].join(", ");
  return escapeHtml(schema.description === undefined ? sentence : `${sentence}: ${schema.description}`);
}

function curl(method: string, path: string, body: Schema | undefined, security: Operation["security"]): string {
  const token = security !== undefined && security.length > 0 ? " -H 'authorization: Bearer …'" : "";
  if (method === "GET") return `curl -i${token} ${path}`;
  const example = Object.keys(body?.properties ?? {}).map((name) => `"${name}":"…"`);
  return `curl -i${token} -X ${method} -H 'content-type: application/json' -d '{${example.join(",")}}' ${path}`;
}

/** Of the Markdown that a description may be, paragraphs and code. */
function paragraphs(text = ""): string {
  return text
    .split("\n\n")
    .map((paragraph) => `<p>${inline(paragraph)}</p>`)
    .join("\n");
}

function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<table>${line(heads, "th")}${rows.map((cells) => line(cells, "td")).join("")}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
