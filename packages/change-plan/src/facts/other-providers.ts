import type { TypeFacts } from "./type-facts.ts";

/** `keepers` is how a program asks for a new value. */
export const OTHER_PROVIDERS_FACTS: Readonly<Record<string, TypeFacts>> = {
  "random:index/randomBytes:RandomBytes": { replaces: ["keepers", "length"], updates: [] },
  "random:index/randomId:RandomId": { replaces: ["byteLength", "keepers"], updates: [] },
  "random:index/randomPassword:RandomPassword": { replaces: ["keepers", "length", "special"], updates: [] },
  "tls:index/privateKey:PrivateKey": { replaces: ["algorithm", "ecdsaCurve"], updates: [] },
  "tls:index/certRequest:CertRequest": {
    replaces: ["dnsNames", "ipAddresses", "privateKeyPem", "subject"],
    updates: [],
  },
  "tls:index/selfSignedCert:SelfSignedCert": {
    replaces: ["allowedUses", "isCaCertificate", "privateKeyPem", "subject", "validityPeriodHours"],
    updates: ["earlyRenewalHours"],
  },
  "tls:index/locallySignedCert:LocallySignedCert": {
    replaces: ["allowedUses", "caCertPem", "caPrivateKeyPem", "certRequestPem", "validityPeriodHours"],
    updates: ["earlyRenewalHours"],
  },
};
