/** What others say of their own failover, for comparison. */
export const PUBLISHED_FIGURES: readonly { readonly what: string; readonly time: string; readonly source: string }[] = [
  {
    what: "RDS Multi-AZ instance",
    time: "60-120 s",
    source:
      "Amazon RDS User Guide, Failing over a Multi-AZ DB instance: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html",
  },
  {
    what: "RDS Multi-AZ cluster",
    time: "< 35 s",
    source:
      "Amazon RDS User Guide, Failing over a Multi-AZ DB cluster: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/multi-az-db-clusters-concepts-failover.html",
  },
  {
    what: "Aurora",
    time: "< 60 s",
    source:
      "Aurora User Guide, High availability for Amazon Aurora: docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html",
  },
  {
    what: "Patroni, defaults",
    time: "detection up to 30 s (ttl)",
    source: "Patroni, Dynamic configuration settings: patroni.readthedocs.io/en/latest/dynamic_configuration.html",
  },
];
