#!/usr/bin/env python3
"""Reads what the sandbox tells of the use of a role with Amazon's own client, and prints it as JSON.

usage.py ADDRESS ROLE

botocore reads answers by AWS's own models of the services: what is not in them comes out as nothing.
"""
import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

address, role = sys.argv[1:]
config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
options = {"endpoint_url": address, "region_name": "us-east-1", "config": config}
trail, iam = boto3.client("cloudtrail", **options), boto3.client("iam", **options)
arn = iam.get_role(RoleName=role)["Role"]["Arn"]
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)


def attribute(key, value):
    return [{"AttributeKey": key, "AttributeValue": value}]


def code(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


pages = trail.get_paginator("lookup_events").paginate(
    LookupAttributes=attribute("ResourceName", arn), StartTime=now - day, EndTime=now + day, PaginationConfig={"PageSize": 1}
)
events = [event for page in pages for event in page["Events"]]
for event in events:
    told = json.loads(event["CloudTrailEvent"])
    assert told["requestParameters"]["roleArn"] == arn, told
    assert told["eventID"] == event["EventId"] and isinstance(event["EventTime"], datetime.datetime), event
    assert {"ResourceType": "AWS::IAM::Role", "ResourceName": arn} in event["Resources"], event

job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
assert len(job) == 36, job
assert iam.get_service_last_accessed_details(JobId=job)["JobStatus"] == "IN_PROGRESS"
report = iam.get_service_last_accessed_details(JobId=job)
assert report["JobStatus"] == "COMPLETED" and report["JobType"] == "SERVICE_LEVEL", report
used = [it["ServiceNamespace"] for it in report["ServicesLastAccessed"] if "LastAuthenticated" in it]
assert all(it["LastAuthenticatedEntity"] == arn for it in report["ServicesLastAccessed"] if "LastAuthenticated" in it)

errors = [
    code(lambda: trail.lookup_events(LookupAttributes=attribute("EventName", "a") + attribute("EventName", "b"))),
    code(lambda: trail.lookup_events(MaxResults=51)),
    code(lambda: trail.lookup_events(StartTime=now, EndTime=now - day)),
    code(lambda: iam.generate_service_last_accessed_details(Arn=arn + "-x")),
]
print(json.dumps({"events": [event["EventName"] for event in events], "used": used, "errors": errors}))
