"""Signs whatever requests it is given with botocore, and says what urllib3 would then send.

stdin:  one job a line, as for outside.mjs; "how": {"params": true} gives the query to botocore as a list of parameters
        instead of in the URL
stdout: one line for each: {"target": "/path?query", "headers": [[name, value], ...]} or {"error": "..."}
"""

import base64
import json
import sys
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3.util.url import _encode_target


def sign(job):
    how = job.get("how") or {}
    url = f"{job['scheme']}://{job['host']}{job['path']}"
    params = None
    if how.get("params"):
        params = [tuple(pair) for pair in job.get("pairs") or []]
    elif job.get("query"):
        url += "?" + job["query"]
    request = AWSRequest(method=job["method"], url=url, data=base64.b64decode(job.get("body") or ""), params=params)
    for name, value in job.get("headers") or []:
        request.headers[name] = value
    credentials = Credentials(job["accessKeyId"], job["secretAccessKey"], job.get("sessionToken") or None)
    if job["form"] == "query":
        auth = SigV4QueryAuth(credentials, job["service"], job["region"], expires=job.get("expires") or 300)
    else:
        auth = SigV4Auth(credentials, job["service"], job["region"])
    auth.add_auth(request)
    parts = urlsplit(request.prepare().url)
    target = _encode_target((parts.path or "/") + ("?" + parts.query if parts.query else ""))
    return {"target": target, "headers": [[name, value] for name, value in request.headers.items() if name.lower() != "host"]}


for line in sys.stdin:
    try:
        said = sign(json.loads(line))
    except Exception as error:  # the test judges it
        said = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(said))
