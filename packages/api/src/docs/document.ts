/** What the page shows of an OpenAPI 3.1 document. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  /** What is asked for where an operation says nothing of it. */
  readonly security?: Security;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: Security;
  readonly parameters?: readonly (Field & { readonly name: string; readonly in: string })[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface ApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Field>>;
  readonly content?: Content;
}

interface Field {
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

/** Empty: nothing is asked for. */
type Security = readonly object[];

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}
