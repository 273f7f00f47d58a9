import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** A stack with a domain of its own is recorded whole, though nobody on loopback asks a name server for it. */
export const domainResources: ResourceTypes = {
  "aws:acm/certificate:Certificate": {
    awsOnly: "nobody outside trusts a certificate that the twin would make",
    computed: ({ arn, hex }) => {
      const certificate = arn("acm", `certificate/${hex(32)}`);
      const proof = {
        resourceRecordName: `_${hex(8)}.`,
        resourceRecordType: "CNAME",
        resourceRecordValue: `_${hex(8)}.`,
      };
      return { id: certificate, arn: certificate, domainValidationOptions: [proof] };
    },
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    awsOnly: "ACM looks the proof up in the public DNS",
    computed: ({ text }) => ({ id: text("certificateArn"), certificateArn: text("certificateArn") }),
  },
  "aws:route53/record:Record": {
    awsOnly: "the twin is found by its address, not by a name",
    computed: ({ text, hex }) => ({ id: `${text("zoneId")}_${text("name")}_${hex(8)}`, fqdn: text("name") }),
  },
};
