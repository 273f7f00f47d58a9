#!/usr/bin/env python3
"""Does somebody else's linter of IAM policies find something in the program's that nobody has explained?

    pip install parliament
    node .ci/recorded-policies.mjs > policies.json
    python3 .ci/parliament-check.py policies.json .ci/parliament-reasons.json

Prints one line a policy and exits with 1 if any has an unexplained finding, or if an explanation explains nothing.
"""

import json
import sys

import parliament

with open(sys.argv[1], encoding="utf-8") as file:
    policies = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    reasons = json.load(file)

used = set()
failures = 0


def findings(policy):
    kind = policy["type"].split(":")[-1]
    resource_based = kind != "RolePolicy"
    # The linter reads identity-based policies; a resource's own differ in the principal alone.
    statements = [{k: v for k, v in s.items() if k != "Principal"} for s in policy["policy"]["Statement"]]
    document = json.dumps({**policy["policy"], "Statement": statements})
    for finding in parliament.analyze_policy_string(document, include_community_auditors=not resource_based).findings:
        yield f"{kind} {policy['name']}: {finding.issue} {finding.detail}"


for policy in policies:
    unexplained = []
    for finding in findings(policy):
        explained = [reason for reason in reasons if finding.startswith(reason)]
        used.update(explained)
        if not explained:
            unexplained.append(finding)
    failures += len(unexplained) > 0
    print("FAILED " if unexplained else "ok     ", policy["stack"], policy["name"], *unexplained, sep="  ")

for reason in sorted(set(reasons) - used):
    failures += 1
    print(f"FAILED   explained, but not found: {reason}")
sys.exit(1 if failures else 0)
