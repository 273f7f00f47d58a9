import type { Resource } from "./resource.ts";

interface Holder {
  /** A noun phrase that ends "holds ...". */
  readonly what: string;
  /** Whether it may go when the program asks for no such thing any more. */
  readonly mayGo: boolean;
}

/** What cannot be made again: data, secrets that others know, and addresses that people use. */
const HOLDERS: Readonly<Record<string, Holder>> = {
  "aws:efs/fileSystem:FileSystem": { what: "the database", mayGo: false },
  "aws:efs/accessPoint:AccessPoint": { what: "the way to the database's directory", mayGo: false },
  "aws:s3/bucket:Bucket": { what: "objects", mayGo: false },
  "aws:secretsmanager/secret:Secret": { what: "a secret that processes read", mayGo: false },
  "random:index/randomPassword:RandomPassword": { what: "a password", mayGo: false },
  "random:index/randomBytes:RandomBytes": { what: "a key", mayGo: false },
  "tls:index/privateKey:PrivateKey": { what: "a private key", mayGo: false },
  "aws:lb/loadBalancer:LoadBalancer": { what: "the address that people use", mayGo: false },
  "aws:ec2/vpc:Vpc": { what: "everything else of the stack", mayGo: false },
  "aws:cloudwatch/logGroup:LogGroup": { what: "logs", mayGo: false },
  // Another kind of NAT or a zone less gives its addresses back on purpose.
  "aws:ec2/eip:Eip": { what: "a public address", mayGo: true },
  "aws:ec2/subnet:Subnet": { what: "the machines of its zone", mayGo: true },
};

/** Undefined for what can be made again, a bucket that empties itself among it. */
export function holderOf({ type, inputs }: Resource): Holder | undefined {
  if (type === "aws:s3/bucket:Bucket" && inputs["forceDestroy"] === true) return undefined;
  return HOLDERS[type];
}
