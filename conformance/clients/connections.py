"""Calls @connections with boto3.

stdin:  {"endpoint", "region", "id", "calls": ["post|get|delete", ...], "data": "..."}; credentials from the environment
stdout: one line for each call: {"call", "status", "connectedAt"} or {"call", "error", "status", "message"}
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

job = json.load(sys.stdin)
client = boto3.client("apigatewaymanagementapi", endpoint_url=job["endpoint"], region_name=job["region"])
calls = {
    "post": lambda: client.post_to_connection(ConnectionId=job["id"], Data=job["data"].encode()),
    "get": lambda: client.get_connection(ConnectionId=job["id"]),
    "delete": lambda: client.delete_connection(ConnectionId=job["id"]),
}
for call in job["calls"]:
    said = {"call": call}
    try:
        answer = calls[call]()
        said["status"] = answer["ResponseMetadata"]["HTTPStatusCode"]
        if call == "get":
            said["connectedAt"] = answer["ConnectedAt"].isoformat()
            said["sourceIp"] = answer["Identity"]["SourceIp"]
    except client.exceptions.GoneException as error:
        said |= {"error": "GoneException", "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
    except ClientError as error:
        said |= {
            "error": error.response["Error"]["Code"],
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "message": error.response["Error"]["Message"],
        }
    print(json.dumps(said), flush=True)
