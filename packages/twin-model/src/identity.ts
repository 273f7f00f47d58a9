export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Cloud time, ms since the epoch. */
  readonly expiration_ms: number;
}

export interface Decision {
  readonly allowed: boolean;
  /** A sentence: the statement that allows it, or AWS's own wording of the denial and what came nearest. */
  readonly because: string;
}

/** What the program's roles give: credentials and permissions. */
export interface Identity {
  /** Credentials of a role for a service principal (`ec2.amazonaws.com`, `lambda.amazonaws.com`) its trust policy allows. */
  credentialsFor(roleArn: string, service: string, sessionName: string): Credentials;
  /** Whether the role may do it by its own policies and the resource's. */
  roleMay(
    roleArn: string,
    access: { readonly action: string; readonly resource: string; readonly context?: Readonly<Record<string, string>> },
  ): Decision;
}
