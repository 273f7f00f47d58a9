import type { ServiceName } from "./operation.ts";

/** How a service is addressed on the wire; from its public API model. */
export interface ServiceTraits {
  readonly name: ServiceName;
  /** The service in the SigV4 credential scope. */
  readonly signingName: string;
  /** The prefix of its IAM actions. */
  readonly iamPrefix: string;
  /** What it speaks when neither `x-amz-target` nor `smithy-protocol` names another protocol. */
  readonly defaultProtocol: "ec2-query" | "query" | "rest-json" | "rest-xml" | "json";
  readonly xmlNamespace: string;
  readonly load: () => Promise<object>;
}

/** The client packages are big (EC2: 4 MB), so only those of the services in use are imported. */
export const services: readonly ServiceTraits[] = [
  {
    name: "auto-scaling",
    signingName: "autoscaling",
    iamPrefix: "autoscaling",
    defaultProtocol: "query",
    xmlNamespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    load: () => import("@aws-sdk/client-auto-scaling"),
  },
  {
    name: "cloudwatch",
    signingName: "monitoring",
    iamPrefix: "cloudwatch",
    defaultProtocol: "query",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    load: () => import("@aws-sdk/client-cloudwatch"),
  },
  {
    name: "cloudwatch-logs",
    signingName: "logs",
    iamPrefix: "logs",
    defaultProtocol: "json",
    xmlNamespace: "",
    load: () => import("@aws-sdk/client-cloudwatch-logs"),
  },
  {
    name: "ec2",
    signingName: "ec2",
    iamPrefix: "ec2",
    defaultProtocol: "ec2-query",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    load: () => import("@aws-sdk/client-ec2"),
  },
  {
    name: "elastic-load-balancing-v2",
    signingName: "elasticloadbalancing",
    iamPrefix: "elasticloadbalancing",
    defaultProtocol: "query",
    xmlNamespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    load: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  },
  {
    name: "lambda",
    signingName: "lambda",
    iamPrefix: "lambda",
    defaultProtocol: "rest-json",
    xmlNamespace: "",
    load: () => import("@aws-sdk/client-lambda"),
  },
  {
    name: "s3",
    signingName: "s3",
    iamPrefix: "s3",
    defaultProtocol: "rest-xml",
    xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
    load: () => import("@aws-sdk/client-s3"),
  },
  {
    name: "secrets-manager",
    signingName: "secretsmanager",
    iamPrefix: "secretsmanager",
    defaultProtocol: "json",
    xmlNamespace: "",
    load: () => import("@aws-sdk/client-secrets-manager"),
  },
  {
    name: "sns",
    signingName: "sns",
    iamPrefix: "sns",
    defaultProtocol: "query",
    xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    load: () => import("@aws-sdk/client-sns"),
  },
  {
    name: "sts",
    signingName: "sts",
    iamPrefix: "sts",
    defaultProtocol: "query",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    load: () => import("@aws-sdk/client-sts"),
  },
];
