"""Signs a GraphQL request with botocore and sends it with requests.

stdin: {"url", "region", "service", "host", "query", "accessKeyId", "secretAccessKey", "sessionToken"}; host replaces that of
url, in what is signed and in what is sent. stdout: {"status", "type", "body"}.
"""
import json
import sys

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

job = json.load(sys.stdin)
body = json.dumps({"query": job["query"]}).encode()
headers = {"Content-Type": "application/json"}
if job.get("host"):
    headers["Host"] = job["host"]
request = AWSRequest(method="POST", url=job["url"], data=body, headers=headers)
credentials = Credentials(job["accessKeyId"], job["secretAccessKey"], job.get("sessionToken") or None)
SigV4Auth(credentials, job["service"], job["region"]).add_auth(request)
session = requests.Session()
session.trust_env = False
answer = session.post(job["url"], data=body, headers=dict(request.headers), timeout=110)
print(json.dumps({"status": answer.status_code, "type": answer.headers.get("x-amzn-ErrorType"), "body": answer.json()}))
