import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/**
 * A certificate that ACM validates by DNS, and the domain's address record. The hosted zone is the domain without its first
 * label (`example.com` of `app.example.com`) and must exist in Route 53. Returns the ARN once the certificate is issued.
 */
export function createCertificate(
  domain: string,
  loadBalancer: aws.lb.LoadBalancer,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const opts = { parent };
  const zone = aws.route53.getZoneOutput({ name: domain.slice(domain.indexOf(".") + 1) }, opts);
  const certificate = new aws.acm.Certificate("web", { domainName: domain, validationMethod: "DNS" }, opts);
  const proof = certificate.domainValidationOptions.apply(([option]) => {
    if (option === undefined) throw new Error(`ACM gave no DNS record to prove that ${domain} is yours`);
    return option;
  });
  const record = new aws.route53.Record(
    "certificate-validation",
    {
      zoneId: zone.zoneId,
      name: proof.resourceRecordName,
      type: proof.resourceRecordType.apply((type) => type as aws.route53.RecordType),
      records: [proof.resourceRecordValue],
      ttl: 300,
    },
    opts,
  );
  new aws.route53.Record(
    "web",
    {
      zoneId: zone.zoneId,
      name: domain,
      type: "A",
      aliases: [{ name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId, evaluateTargetHealth: false }],
    },
    opts,
  );
  return new aws.acm.CertificateValidation(
    "web",
    { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
    opts,
  ).certificateArn;
}
