#!/usr/bin/env python3
"""Does a real AWS client that is not the JavaScript SDK understand the twin?

    pip install boto3
    node packages/twin/src/main.ts up --json > twin.json &    # one line once it is ready
    python3 .ci/boto3-check.py twin.json

Prints one line a check and exits with 1 if any failed.
"""

import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

with open(sys.argv[1], encoding="utf-8") as line:
    twin = json.loads(line.readline())
outputs = twin["outputs"]
failures = []


def client(service, secret=twin["secretAccessKey"]):
    return boto3.client(
        service,
        endpoint_url=twin["awsEndpoint"],
        region_name=twin["region"],
        aws_access_key_id=twin["accessKeyId"],
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )


def check(name, action):
    try:
        print(f"ok      {name}: {action()}")
    except Exception as problem:  # each check reports, whatever went wrong in it
        failures.append(name)
        print(f"FAILED  {name}: {type(problem).__name__}: {problem}")


def refused(code, action):
    try:
        action()
    except ClientError as problem:
        got = problem.response["Error"]["Code"]
        assert got == code, f"expected {code}, got {got}"
        return code
    raise AssertionError(f"expected {code}, but it was allowed")


def instances():
    answer = client("ec2").describe_instances(Filters=[{"Name": "tag:database", "Values": ["true"]}])
    return [i["InstanceId"] for r in answer["Reservations"] for i in r["Instances"]]


def groups():
    names = [outputs["webGroupName"], outputs["databaseGroupName"]]
    found = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=names)["AutoScalingGroups"]
    assert sorted(g["AutoScalingGroupName"] for g in found) == sorted(names), found
    return [(g["AutoScalingGroupName"], g["DesiredCapacity"]) for g in found]


def target_health():
    answer = client("elbv2").describe_target_health(TargetGroupArn=outputs["targetGroupArn"])
    return [(t["Target"]["Id"], t["TargetHealth"]["State"]) for t in answer["TargetHealthDescriptions"]]


def metrics():
    cloudwatch = client("cloudwatch")
    now = datetime.datetime.now(datetime.timezone.utc)
    datum = {"MetricName": "boto3", "Value": 1.5, "Unit": "Count", "Timestamp": now}
    cloudwatch.put_metric_data(Namespace="Check", MetricData=[datum])
    alarms = cloudwatch.describe_alarms(AlarmNames=[outputs["highCpuAlarmName"]])["MetricAlarms"]
    assert len(alarms) == 1, alarms
    return alarms[0]["StateValue"]


def logs():
    answer = client("logs").describe_log_groups(logGroupNamePrefix=outputs["failoverLogGroupName"])
    assert answer["logGroups"], "no log group"
    return answer["logGroups"][0]["logGroupName"]


def functions():
    names = [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]]
    assert outputs["failoverFunctionName"] in names, names
    return names


def objects():
    s3 = client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    s3.put_object(Bucket=bucket, Key="boto3/ü b.txt", Body=b"hello", Metadata={"a": "b"})
    got = s3.get_object(Bucket=bucket, Key="boto3/ü b.txt")
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"a": "b"}, got
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert "boto3/ü b.txt" in keys, keys
    return keys


def secret():
    value = client("secretsmanager").get_secret_value(SecretId=outputs["databaseSecretArn"])
    return sorted(json.loads(value["SecretString"]))


check("STS (query)", lambda: client("sts").get_caller_identity()["Arn"])
check("EC2 (ec2 query)", instances)
check("Auto Scaling (query)", groups)
check("Elastic Load Balancing (query)", target_health)
check("CloudWatch (CBOR)", metrics)
check("CloudWatch Logs (JSON 1.1)", logs)
check("Lambda (REST JSON)", functions)
check("S3 (REST XML)", objects)
check("Secrets Manager (JSON 1.1)", secret)
check("wrong secret", lambda: refused("SignatureDoesNotMatch", lambda: client("sts", "x").get_caller_identity()))
check("unmodelled action", lambda: refused("InvalidAction", lambda: client("ec2").describe_dhcp_options()))
sys.exit(1 if failures else 0)
