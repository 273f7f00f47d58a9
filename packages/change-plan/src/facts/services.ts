import type { TypeFacts } from "./type-facts.ts";

export const SERVICE_FACTS: Readonly<Record<string, TypeFacts>> = {
  "aws:acm/certificate:Certificate": {
    replaces: ["domainName", "keyAlgorithm", "subjectAlternativeNames", "validationMethod"],
    updates: ["tags"],
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    replaces: ["certificateArn", "validationRecordFqdns"],
    updates: [],
  },
  "aws:route53/record:Record": { replaces: ["name", "type", "zoneId"], updates: ["aliases", "records", "ttl"] },
  "aws:cloudwatch/dashboard:Dashboard": { replaces: ["dashboardName"], updates: ["dashboardBody"] },
  "aws:cloudwatch/eventRule:EventRule": {
    replaces: ["eventBusName", "name"],
    updates: ["description", "eventPattern", "scheduleExpression", "state", "tags"],
    autoNamed: "name",
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    replaces: ["eventBusName", "rule", "targetId"],
    updates: ["arn", "input", "inputTransformer", "retryPolicy"],
    autoNamed: "targetId",
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    replaces: ["logGroupClass", "name"],
    updates: ["retentionInDays", "skipDestroy", "tags"],
    autoNamed: "name",
  },
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": {
    replaces: ["logGroupName", "name"],
    updates: ["metricTransformation", "pattern"],
    autoNamed: "name",
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    replaces: ["name"],
    updates: [
      "actionsEnabled",
      "alarmActions",
      "alarmDescription",
      "comparisonOperator",
      "datapointsToAlarm",
      "dimensions",
      "evaluateLowSampleCountPercentiles",
      "evaluationPeriods",
      "extendedStatistic",
      "metricName",
      "metricQueries",
      "namespace",
      "okActions",
      "period",
      "statistic",
      "tags",
      "threshold",
      "treatMissingData",
      "unit",
    ],
    autoNamed: "name",
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    replaces: ["name", "path"],
    updates: ["role", "tags"],
    autoNamed: "name",
  },
  "aws:iam/role:Role": {
    replaces: ["name", "path"],
    updates: ["assumeRolePolicy", "description", "maxSessionDuration", "tags"],
    autoNamed: "name",
  },
  "aws:iam/rolePolicy:RolePolicy": { replaces: ["name", "role"], updates: ["policy"], autoNamed: "name" },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    replaces: ["policyArn", "role"],
    updates: [],
    deletesFirst: true,
  },
  "aws:sns/topic:Topic": {
    replaces: ["fifoTopic", "name"],
    updates: ["displayName", "kmsMasterKeyId", "policy", "tags"],
    autoNamed: "name",
  },
  "aws:ssm/parameter:Parameter": {
    replaces: ["name"],
    updates: ["description", "tags", "type", "value"],
    autoNamed: "name",
  },
  "aws:sns/topicPolicy:TopicPolicy": { replaces: ["arn"], updates: ["policy"] },
  "aws:sns/topicSubscription:TopicSubscription": {
    replaces: ["endpoint", "protocol", "topic"],
    updates: ["filterPolicy", "rawMessageDelivery"],
  },
};
