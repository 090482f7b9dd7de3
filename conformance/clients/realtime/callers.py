"""Callers on Debian's websockets whose signatures are botocore's; they come back by themselves.

stdin:  lines: {"caller", "call": {"url", "protocol", "transport", "region", "mode", "apiKey", "credentials", "token"}}, then
        {"caller", "do": "subscribe", "id", …}: query and variables for graphql-ws, channel for aws-appsync-event-ws
stdout: lines: {"caller", "id", …}
A credential goes to the server in the query, the subprotocol or the headers of the upgrade, as transport says.
"""
import asyncio
import base64
import json
import sys
import urllib.parse

import websockets
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Caller:
    def __init__(self, name, call):
        self.name, self.call, self.jobs = name, call, {}
        self.changed = asyncio.Event()
        self.events = call["protocol"] == "aws-appsync-event-ws"
        self.task = asyncio.ensure_future(self.run())

    def say(self, **what):
        print(json.dumps({"caller": self.name, **what}), flush=True)

    def proof(self, path, body):
        call = self.call
        host = urllib.parse.urlsplit(call["url"]).netloc
        if call.get("apiKey"):
            return {"host": host, "x-api-key": call["apiKey"]}
        if call.get("token"):
            return {"host": host, "Authorization": call["token"]}
        c = call["credentials"]
        headers = {"host": host, "content-type": "application/json; charset=UTF-8", "content-encoding": "amz-1.0"}
        request = AWSRequest(method="POST", url=f"http://{host}{path}", data=body, headers=headers)
        SigV4Auth(Credentials(c["accessKeyId"], c["secretAccessKey"], c.get("sessionToken") or None), "appsync", call["region"]).add_auth(request)
        return dict(request.headers.items())

    def connection(self):
        url, transport = self.call["url"], self.call["transport"]
        proof = self.proof("/event" if self.events else "/graphql/connect", "{}")
        text = json.dumps(proof).encode()
        protocols, headers = [self.call["protocol"]], {}
        if transport == "query":
            url += "?header=" + base64.b64encode(text).decode() + "&payload=e30="
        elif transport == "subprotocol":
            protocols.append("header-" + base64.urlsafe_b64encode(text).decode().rstrip("="))
        else:
            headers = {name: value for name, value in proof.items() if name.lower() != "host"}
        return websockets.connect(url, subprotocols=protocols, extra_headers=headers, compression=None)

    def start(self, name, job):
        if self.events:
            body = {"channel": job["channel"]}
            return {"type": "subscribe", "id": name, **body, "authorization": self.proof("/event", compact(body))}
        data = json.dumps({"query": job["query"], "variables": job.get("variables")})
        return {"type": "start", "id": name, "payload": {"data": data, "extensions": {"authorization": self.proof("/graphql", data)}}}

    async def run(self):
        while True:
            try:
                async with self.connection() as ws:
                    await self.talk(ws)
            except (OSError, websockets.WebSocketException) as e:
                self.say(lost=str(e) or type(e).__name__)
            await asyncio.sleep(0.2)

    async def talk(self, ws):
        await ws.send('{"type":"connection_init"}')
        started = {}
        reading = asyncio.ensure_future(ws.recv())
        acknowledged = False
        while True:
            changing = asyncio.ensure_future(self.changed.wait())
            await asyncio.wait({reading, changing}, return_when=asyncio.FIRST_COMPLETED)
            changing.cancel()
            self.changed.clear()
            if reading.done():
                frame = json.loads(reading.result())
                reading = asyncio.ensure_future(ws.recv())
                acknowledged = acknowledged or frame["type"] == "connection_ack"
                self.took(frame)
            for name, job in self.jobs.items() if acknowledged else ():
                if name not in started:
                    started[name] = True
                    await ws.send(json.dumps(self.start(name, job)))

    def took(self, frame):
        kind, name = frame["type"], frame.get("id")
        if kind == "data":
            payload = {"data": {"event": json.loads(frame["event"])}} if self.events else frame["payload"]
            self.say(id=name, **payload)
        elif "error" in kind:
            self.say(id=name, kind=kind, refused=frame.get("errors") or frame["payload"]["errors"])
        elif kind in ("start_ack", "subscribe_success"):
            self.say(id=name, active=True)

    def subscribe(self, job):
        self.jobs[job["id"]] = job
        self.changed.set()


async def main():
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    callers = {}
    while line := await reader.readline():
        job = json.loads(line)
        if "call" in job:
            callers[job["caller"]] = Caller(job["caller"], job["call"])
        else:
            getattr(callers[job["caller"]], job["do"])(job)
    for c in callers.values():
        c.task.cancel()


asyncio.run(main())
