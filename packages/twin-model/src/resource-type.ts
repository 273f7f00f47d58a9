type Values = Readonly<Record<string, unknown>>;

export interface Account {
  readonly accountId: string;
  readonly region: string;
}

/** A resource of the program at the time it is recorded: all that its outputs are computed from. */
export interface Subject {
  /** Physical name: the program's, else Pulumi's auto-name (`<logical>-<7 hex>`). */
  readonly name: string;
  readonly inputs: Values;
  /** An input that is text; empty when it is not given. */
  readonly text: (property: string) => string;
  /** Hex digits that follow from stack, type and name, so that they are the same in every run and beside any stack. */
  readonly hex: (length: number) => string;
  /** `arn("ec2", "vpc/vpc-1")` in this account and region. */
  readonly arn: (service: string, path: string) => string;
  readonly account: Account;
  readonly now: Date;
}

/** What a resource's provider adds to its inputs. */
export type Computed = Values & { readonly id: string };

export type Compute = (subject: Subject) => Computed | Promise<Computed>;

/** A physical name that only one resource can have. */
export interface UniqueName {
  /** The property in whose value it is unique, for example `vpcId`; without it, that is the account and region. */
  readonly within?: string;
  /** What AWS answers to whoever asks for the name again: its code and sentence, or what it does instead of refusing. */
  readonly taken: (name: string, within: string) => string;
}

/** A type that the twin acts on. */
export interface ActedOn {
  /** Properties acted on. An entry `metadataOptions` covers all below it, `metadataOptions.httpTokens` only that one. */
  readonly reads: readonly string[];
  /** Properties that only AWS acts on, and why the twin leaves them out. */
  readonly awsOnly?: Readonly<Record<string, string>>;
  /** It takes `tags`, and the provider's default tags are among them. */
  readonly taggable?: boolean;
  /** Of every type that reads a `name` of its own (a bucket's is `bucket`). */
  readonly uniqueName?: UniqueName;
  readonly computed: Compute;
}

/** A type that only AWS acts on. */
interface LeftToAws {
  /** Why the twin leaves it out. */
  readonly awsOnly: string;
  readonly computed: Compute;
}

/** All that the twin knows of one resource type; a type that is not declared is refused by name. */
type ResourceType = ActedOn | LeftToAws;

/** By Pulumi's type token, for example `aws:ec2/vpc:Vpc`. */
export type ResourceTypes = Readonly<Record<string, ResourceType>>;

/** The outputs of an association or rule, which only has an id: `r-0123456789abcdef0`. */
export function idOnly(prefix: string): Compute {
  return (subject) => ({ id: `${prefix}-${subject.hex(17)}` });
}

/** The outputs of a resource whose id is its name. */
export function named(arn: (subject: Subject) => string): Compute {
  return (subject) => ({ id: subject.name, name: subject.name, arn: arn(subject) });
}
