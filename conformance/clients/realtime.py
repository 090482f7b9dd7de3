"""An AppSync GraphQL API and an Event API in a page, on Debian's websockets and botocore.

Its signatures are botocore's: what a client signs is signed again from the headers it sent, and compared. It
shares no line with tidewire. Every message must be authorized; a mode is told from the headers:
  x-api-key        the key
  Authorization    AWS4-HMAC-SHA256 …: IAM; the JWT: OIDC; the token: Lambda
A WebSocket's authorization may come in the subprotocol header-…, in ?header=, or in the headers of the upgrade.

argv:   {"key", "jwt", "token", "accessKeyId", "secretAccessKey", "sessionToken", "region", "host"}; host is the
        signed one, "" for that of the listener
stdout: {"url": "http://…"} first, then one line for everything that was authorized or refused
stdin:  "drop" ends every WebSocket, EOF everything
"""

import asyncio
import base64
import datetime
import hmac
import http.server
import json
import sys
import threading
import urllib.parse
import uuid

import websockets
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

config = json.loads(sys.argv[1])


class Refused(Exception):
    pass


def say(**what):
    print(json.dumps(what), flush=True)


def signed(headers, path, body):
    """Signs again what the headers say was signed, and compares."""
    scheme, _, fields = headers["authorization"].partition(" ")
    claims = dict(part.strip().split("=", 1) for part in fields.split(","))
    access_key, day, region, service, end = claims["Credential"].split("/")
    names = claims["SignedHeaders"].split(";")
    date = headers["x-amz-date"]
    age = datetime.datetime.utcnow() - datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
    wrong = [
        what
        for what, bad in {
            "access key": access_key != config["accessKeyId"],
            "scope": (day, region, service, end) != (date[:8], config["region"], "appsync", "aws4_request"),
            "names": "host" not in names or "x-amz-date" not in names or names != sorted(names),
            "token": headers.get("x-amz-security-token", "") != config["sessionToken"],
            "token unsigned": bool(config["sessionToken"]) and "x-amz-security-token" not in names,
            "age": abs(age.total_seconds()) > 300,
            "host": headers["host"] != host,
        }.items()
        if bad
    ]
    if wrong:
        raise Refused(f"IAM: {', '.join(wrong)} in {claims}")
    request = AWSRequest(method="POST", url=f"https://{host}{path}", data=body)
    for name in names:
        request.headers[name] = headers[name]
    request.context["timestamp"] = date
    auth = SigV4Auth(Credentials(access_key, config["secretAccessKey"], config["sessionToken"] or None), "appsync", region)
    again = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    if not hmac.compare_digest(again, claims["Signature"]):
        raise Refused(f"IAM: botocore signs otherwise; {path} {body!r} {names}")
    return "IAM"


def authorized(given, path, body):
    """The mode in which headers authorize a body for a path."""
    headers = {name.lower(): value for name, value in given.items()}
    authorization = headers.get("authorization", "")
    if "host" not in headers:
        raise Refused("no host")
    if "x-api-key" in headers:
        mode, good = "API_KEY", hmac.compare_digest(headers["x-api-key"], config["key"])
    elif authorization.startswith("AWS4-HMAC-SHA256 "):
        mode, good = signed(headers, path, body), True
    elif authorization.count(".") == 2:
        mode, good = "OIDC", authorization == config["jwt"]
    else:
        mode, good = "LAMBDA", authorization == config["token"]
    if not good:
        raise Refused(mode)
    return mode


def decoded(text, alphabet):
    return json.loads(alphabet(text + "=" * (-len(text) % 4)))


def handed(ws):
    """The authorization of a WebSocket, and where it was."""
    for protocol in ",".join(ws.request_headers.get_all("Sec-WebSocket-Protocol")).split(","):
        if protocol.strip().startswith("header-"):
            return decoded(protocol.strip()[7:], base64.urlsafe_b64decode), "subprotocol"
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(ws.path).query)
    if "header" in query:
        if query.get("payload") != ["e30="]:
            raise Refused(f"payload {query.get('payload')}")
        return decoded(query["header"][0].replace(" ", "+"), base64.b64decode), "query"
    return dict(ws.request_headers.raw_items()), "headers"


subscribers = {}  # (WebSocket, id) -> channel


def matches(pattern, channel):
    pattern, channel = pattern.strip("/"), channel.strip("/")
    return channel.startswith(pattern[:-1]) if pattern.endswith("/*") else channel == pattern


def publish(channel, events):
    """Gives events to who has subscribed; the answer has results for each."""
    for (ws, name), pattern in list(subscribers.items()):
        for event in events if matches(pattern, channel) else []:
            asyncio.ensure_future(send(ws, type="data", id=name, event=event))
    failed = [{"identifier": str(uuid.uuid4()), "index": n, "code": 400, "message": "not JSON"} for n, e in enumerate(events) if not valid(e)]
    good = [n for n, e in enumerate(events) if valid(e)]
    return {"successful": [{"identifier": str(uuid.uuid4()), "index": n} for n in good], "failed": failed}


def valid(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


async def send(ws, **frame):
    await ws.send(json.dumps(frame))


def denial(error):
    say(refused=str(error))
    return [{"errorType": "UnauthorizedException", "message": "You are not authorized to make this call.", "errorCode": 401}]


async def graphql(ws, frame, transport):
    if frame["type"] == "stop":
        return await send(ws, type="complete", id=frame["id"])
    data = frame["payload"]["data"]
    try:
        mode = authorized(frame["payload"]["extensions"]["authorization"], "/graphql", data)
    except Refused as error:
        return await send(ws, type="error", id=frame["id"], payload={"errors": denial(error)})
    say(start=mode, data=json.loads(data))
    await send(ws, type="start_ack", id=frame["id"])
    await send(ws, type="data", id=frame["id"], payload={"data": {"opened": {"mode": mode, "transport": transport}}})


async def events(ws, frame, transport):
    kind, name, channel = frame["type"], frame["id"], frame.get("channel")
    if kind == "unsubscribe":
        subscribers.pop((ws, name), None)
        return await send(ws, type="unsubscribe_success", id=name)
    body = {"channel": channel} if kind == "subscribe" else {"channel": channel, "events": frame["events"]}
    try:
        mode = authorized(frame["authorization"], "/event", compact(body))
    except Refused as error:
        return await send(ws, type=kind + "_error", id=name, errors=denial(error))
    say(**{kind: mode, "channel": channel})
    if kind == "subscribe":
        subscribers[ws, name] = channel
        return await send(ws, type="subscribe_success", id=name)
    await send(ws, type="publish_success", id=name, **publish(channel, frame["events"]))


async def serve(ws):
    path = urllib.parse.urlsplit(ws.path).path
    of_events = path == "/event/realtime"
    try:
        headers, transport = handed(ws)
        mode = authorized(headers, "/event" if of_events else "/graphql/connect", "{}")
    except Refused as error:
        failed = {"errors": denial(error)}
        await send(ws, type="connection_error", **(failed if of_events else {"payload": failed}))
        return
    say(connect=mode, transport=transport, path=path, host=ws.request_headers["Host"], subprotocol=ws.subprotocol)
    async for text in ws:
        frame = json.loads(text)
        if frame == {"type": "connection_init"}:
            timeout = {"connectionTimeoutMs": 60000}
            await send(ws, type="connection_ack", **(timeout if of_events else {"payload": timeout}))
            await send(ws, type="ka")
        else:
            await (events if of_events else graphql)(ws, frame, transport)
    for key in [key for key in subscribers if key[0] is ws]:
        del subscribers[key]


class HTTP(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, said = 200, None
        try:
            mode = authorized(dict(self.headers.items()), self.path, body)
            say(post=mode, path=self.path)
            said = self.answer(json.loads(body), mode)
        except Refused as error:
            status, said = 401, {"errors": denial(error)}
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer(self, request, mode):
        if self.path == "/graphql":
            return {"data": {"called": {"mode": mode, "variables": json.dumps(request.get("variables"))}}}
        return asyncio.run_coroutine_threadsafe(self.publish(request), loop).result()

    async def publish(self, request):
        return publish(request["channel"], request["events"])

    def log_message(self, *_):
        pass


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the other end is told below
    writer.close()


def splitter(http_port, ws_port):
    """Requests and WebSockets on one port, as the client expects them; each is served by its own library."""

    async def split(reader, writer):
        first = await reader.read(4)
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", http_port if first == b"POST" else ws_port)
        to_writer.write(first)
        await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))

    return split


async def main():
    global loop, host
    loop = asyncio.get_running_loop()
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HTTP)
    listener.daemon_threads = True
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["graphql-ws", "aws-appsync-event-ws"]) as server:
        front = await asyncio.start_server(splitter(listener.server_address[1], server.sockets[0].getsockname()[1]), "127.0.0.1", 0)
        address = f"127.0.0.1:{front.sockets[0].getsockname()[1]}"
        host = config["host"] or address
        say(url="http://" + address)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if line.strip() == "drop":
                for ws in list(server.websockets):
                    ws.transport.abort()
        front.close()
    listener.shutdown()


asyncio.run(main())
