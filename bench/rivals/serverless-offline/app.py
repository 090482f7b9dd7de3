import json


def handler(event, context):
    return {"statusCode": 200, "body": event.get("body") or ""}


def id(event, context):
    return {"statusCode": 200, "body": json.dumps({"connectionId": event["requestContext"]["connectionId"]})}
