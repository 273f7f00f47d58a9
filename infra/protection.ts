import type * as pulumi from "@pulumi/pulumi";

/** What holds data, secrets or the address that people use. Of a NAT the addresses go with it, when it is changed on purpose. */
const KEPT = new Set([
  "aws:efs/fileSystem:FileSystem",
  "aws:efs/accessPoint:AccessPoint",
  "aws:s3/bucket:Bucket",
  "aws:secretsmanager/secret:Secret",
  "aws:lb/loadBalancer:LoadBalancer",
  "random:index/randomPassword:RandomPassword",
  "random:index/randomBytes:RandomBytes",
  "tls:index/privateKey:PrivateKey",
]);

/**
 * Has the engine refuse to replace or delete what cannot be made again, and AWS to delete the load balancer. One rule for the whole
 * program: a resource that is added later is kept as well. A bucket that empties itself holds what any deployment makes again.
 */
export function protectKept({
  type,
  props,
  opts,
}: pulumi.ResourceTransformationArgs): pulumi.ResourceTransformationResult | undefined {
  if (!KEPT.has(type) || props["forceDestroy"] === true) return undefined;
  const isBalancer = type === "aws:lb/loadBalancer:LoadBalancer";
  return {
    props: isBalancer ? { ...props, enableDeletionProtection: true } : props,
    opts: { ...opts, protect: true },
  };
}
