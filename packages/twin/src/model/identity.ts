export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Cloud time, ms since the epoch. */
  readonly expiration_ms: number;
}

/** Identities and decisions; `action`/`resource` as in wire/operation.ts. */
export interface Identity {
  /** Credentials of a role for a service principal (`ec2.amazonaws.com`, `lambda.amazonaws.com`) its trust policy allows. */
  credentialsFor(roleArn: string, service: string, sessionName: string): Credentials;
  /** Whether the role may do it by its own policies and the resource's; the sentence says which statement decided. */
  roleMay(
    roleArn: string,
    access: { readonly action: string; readonly resource: string; readonly context?: Readonly<Record<string, string>> },
  ): { readonly allowed: boolean; readonly because: string };
}
