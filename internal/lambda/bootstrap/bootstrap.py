"""Runs a Python Lambda handler for tidewire.

The last argument is a JSON object: handler, root (the code directory), sdk (a
folder with boto3, may be empty), arn, and channel. With channel, events come
as frames on file descriptor 3 and answers go out on 4; without, the Lambda
Runtime API is spoken. Standard output and error are the log.
"""

import json
import os
import sys
import time

READY, INIT_ERROR, RESPONSE, ERROR = 2, 3, 4, 5
NO_ID = b" " * 36


class Fault(Exception):
    """A failure that the Lambda runtime itself reports."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind, self.trace = kind, trace or []


# -- where events come from ---------------------------------------------------


class Channel:
    """Frames: length (4 bytes), kind (1), request id (36), the rest."""

    def __init__(self):
        self.source, self.sink = _keep(3), _keep(4)
        self.rest = b""

    def next(self):
        data = self.rest
        need = 4
        while len(data) < need or len(data) < (need := 4 + int.from_bytes(data[:4], "big")):
            more = os.read(self.source, 65536 if need <= 65536 else 1 << 20)
            if not more:
                return None
            if need > 1 << 20:
                return self._large(data + more, need)
            data += more
        self.rest = data[need:]
        return self._cut(memoryview(data)[:need])

    def _large(self, data, need):
        parts, have = [data], len(data)
        while have < need:
            more = os.read(self.source, 1 << 20)
            if not more:
                return None
            parts.append(more)
            have += len(more)
        data = b"".join(parts)
        self.rest = data[need:]
        return self._cut(memoryview(data)[:need])

    @staticmethod
    def _cut(frame):
        at = 50 + frame[49]
        return (
            bytes(frame[5:41]),
            int.from_bytes(frame[41:49], "big"),
            str(frame[50:at], "ascii"),
            str(frame[at:], "utf-8", "surrogateescape"),
        )

    def send(self, kind, ident, body):
        frame = (len(body) + 37).to_bytes(4, "big") + bytes((kind,)) + ident + body
        sent = os.write(self.sink, frame)
        while sent < len(frame):
            frame = memoryview(frame)[sent:]
            sent = os.write(self.sink, frame)

    def ready(self):
        self.send(READY, NO_ID, b"")

    def init_error(self, body):
        self.send(INIT_ERROR, NO_ID, body)


class RuntimeAPI:
    """The same over HTTP (Lambda developer guide, "Runtime API")."""

    def __init__(self):
        import http.client

        # host:port/secret: the secret is the first segment of every path
        host, slash, secret = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
        self.prefix = slash + secret + "/2018-06-01/runtime"
        self.connection = http.client.HTTPConnection(host)

    def _call(self, method, path, body=None, headers=None):
        self.connection.request(method, self.prefix + path, body, headers or {})
        answer = self.connection.getresponse()
        return answer, answer.read()

    def ready(self):
        pass

    def next(self):
        try:
            answer, body = self._call("GET", "/invocation/next")
        except OSError:
            return None
        if answer.status != 200:
            return None
        head = answer.headers
        return (
            head["Lambda-Runtime-Aws-Request-Id"].encode(),
            int(head["Lambda-Runtime-Deadline-Ms"]),
            head["Lambda-Runtime-Trace-Id"] or "",
            str(body, "utf-8", "surrogateescape"),
        )

    def send(self, kind, ident, body):
        end = "response" if kind == RESPONSE else "error"
        self._call("POST", "/invocation/%s/%s" % (ident.decode(), end), body)

    def init_error(self, body):
        self._call("POST", "/init/error", body)


def _keep(fd):
    """Moves a descriptor out of the way of code that uses fixed numbers."""
    import fcntl

    kept = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(fd)
    return kept


# -- JSON ---------------------------------------------------------------------


class Encoder:
    """Encodes what handlers return; a Decimal becomes a number, digit for digit."""

    def __init__(self, ascii_only):
        self.decimals = []
        self.mark = "\x00" + os.urandom(8).hex() + ":"
        self.encode_json = json.JSONEncoder(ensure_ascii=ascii_only, default=self._other).encode

    def _other(self, value):
        decimal = sys.modules.get("decimal")
        if decimal is None or not isinstance(value, decimal.Decimal):
            raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
        if value.is_nan():
            return float("nan")
        self.decimals.append(str(value))
        return self.mark + str(len(self.decimals) - 1)

    def encode(self, value):
        text = self.encode_json(value)
        if self.decimals:
            for i, digits in enumerate(self.decimals):
                text = text.replace(json.dumps(self.mark + str(i)), digits)
            self.decimals.clear()
        return text


# -- the context object -------------------------------------------------------


class CognitoIdentity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class LambdaContext:
    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
    log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
    invoked_function_arn = ""
    client_context = None
    identity = None
    tenant_id = None

    def __init__(self, request_id, deadline):
        self.aws_request_id = request_id
        self._deadline = deadline
        self.identity = CognitoIdentity()

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        return "LambdaContext(aws_request_id=%s,function_name=%s)" % (self.aws_request_id, self.function_name)


# -- errors -------------------------------------------------------------------

SDK = ("boto3", "botocore", "s3transfer", "jmespath")
SDK_HINT = (
    " (%s is neither in the function's folder, nor in its layers, nor in tidewire's runtime folder,"
    " nor in this machine's Python; Lambda brings it along: run `tidewire runtime install python`)"
)


def hint(error):
    """What to add to the message when the SDK is missing."""
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name and name.split(".")[0] in SDK:
        return SDK_HINT % name.split(".")[0]
    return ""


def document(error, ident=""):
    """An exception in the shape that Lambda reports."""
    if isinstance(error, Fault):
        kind, message, trace = error.kind, str(error), error.trace
    else:
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        while frames and frames[0].filename == __file__:
            frames.pop(0)
        kind, message = type(error).__name__, str(error) + hint(error)
        trace = traceback.format_list(frames)
    return {"errorMessage": message, "errorType": kind, "requestId": ident, "stackTrace": trace}


def report(doc):
    """Logs an error document and gives its bytes."""
    lines = ["[ERROR] %s: %s" % (doc["errorType"], doc["errorMessage"])]
    if doc["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines.extend(line.rstrip("\n") for line in doc["stackTrace"])
    flush()
    try:
        sys.stdout.write("\n".join(lines) + "\n")
    except (OSError, ValueError, AttributeError):
        pass
    flush()
    return json.dumps(doc).encode("utf-8")


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


# -- what happens when some modules are imported ------------------------------


class ImportHook:
    """Calls a function after a module was imported; costs nothing until then."""

    def __init__(self, actions):
        self.actions = actions

    def find_spec(self, name, path=None, target=None):
        action = self.actions.pop(name, None)
        if action is None:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            self.actions[name] = action
            return None
        if spec.loader is not None and hasattr(spec.loader, "exec_module"):
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                action(module)

            try:
                spec.loader.exec_module = exec_module
            except AttributeError:
                pass
        return spec


def setup_logging(logging):
    """The root handler that Lambda installs, with the request id."""

    class Handler(logging.Handler):
        def emit(self, record):
            record.aws_request_id = LambdaContext.current
            try:
                sys.stdout.write(self.format(record) + "\n")
            except Exception:
                self.handleError(record)

    handler = Handler()
    form = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handler.setFormatter(form)
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
    if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        root.setLevel(level)


LambdaContext.current = ""


def setup_botocore(module):
    """Makes botocore before 1.31 honour AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>."""
    import botocore

    try:
        version = tuple(int(part) for part in botocore.__version__.split(".")[:2])
    except ValueError:
        return
    if version >= (1, 31):
        return
    create = module.Session.create_client

    def endpoint(session, service):
        if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return None
        try:
            name = session.get_service_model(service).service_id
        except Exception:
            name = service
        own = "AWS_ENDPOINT_URL_" + str(name).replace(" ", "_").replace("-", "_").upper()
        return os.environ.get(own) or os.environ.get("AWS_ENDPOINT_URL") or None

    def create_client(self, service_name, *args, **kwargs):
        # region_name, api_version, use_ssl, verify and endpoint_url come in this order
        if len(args) < 5 and kwargs.get("endpoint_url") is None:
            url = endpoint(self, service_name)
            if url:
                kwargs["endpoint_url"] = url
        return create(self, service_name, *args, **kwargs)

    create_client.__doc__ = create.__doc__
    module.Session.create_client = create_client


# -- the handler --------------------------------------------------------------


def load(handler):
    """Finds the handler as Lambda does: split at the last dot, slashes are dots."""
    if "." not in handler:
        raise Fault(
            "Runtime.MalformedHandlerName",
            "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler,
        )
    name, function = handler.rsplit(".", 1)
    if name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % name)
    import importlib

    try:
        module = importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s%s" % (name, error, hint(error)))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (name, error), trace)
    try:
        return getattr(module, function)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function, name))


def search_path(settings):
    """The function's folder first; the SDK's folder before the machine's packages."""
    sys.path[0] = settings["root"]
    sdk = settings["sdk"]
    if sdk and os.path.isdir(sdk):
        at = len(sys.path)
        for i, entry in enumerate(sys.path[1:], 1):
            if entry in layers():
                continue
            if entry.rstrip("/").endswith(("site-packages", "dist-packages")):
                at = i
                break
        sys.path.insert(at, sdk)


def layers():
    return os.environ.get("PYTHONPATH", "").split(os.pathsep)


def serve(source, handler, encoder):
    """Runs invocations until there are no more."""
    loads, environ = json.loads, os.environ
    out, err = sys.stdout, sys.stderr
    while True:
        event = source.next()
        if event is None:
            flush()
            os._exit(0)
        ident, deadline, trace, body = event
        request_id = ident.decode()
        LambdaContext.current = request_id
        environ["_X_AMZN_TRACE_ID"] = trace
        kind = RESPONSE
        try:
            try:
                value = loads(body)
            except ValueError as error:
                raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
            result = handler(value, LambdaContext(request_id, deadline))
            if isinstance(result, bytes):
                answer = result
            else:
                try:
                    answer = encoder.encode(result).encode("utf-8")
                except Exception as error:
                    encoder.decimals.clear()
                    raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)
        except Exception as error:
            kind, answer = ERROR, report(document(error, request_id))
        if out is sys.stdout and err is sys.stderr:
            try:
                out.flush()
                err.flush()
            except (OSError, ValueError):
                pass
        else:
            flush()
        source.send(kind, ident, answer)


def main():
    settings = json.loads(sys.argv.pop())
    source = Channel() if settings["channel"] else RuntimeAPI()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    LambdaContext.invoked_function_arn = settings["arn"]
    search_path(settings)
    sys.meta_path.insert(0, ImportHook({"logging": setup_logging, "botocore.session": setup_botocore}))
    if "logging" in sys.modules:
        setup_logging(sys.modules["logging"])
    runtime = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    encoder = Encoder(ascii_only=not (runtime.isdigit() and int(runtime) >= 12))
    try:
        handler = load(settings["handler"])
    except Exception as error:
        source.init_error(report(document(error)))
        os._exit(1)
    flush()
    source.ready()
    serve(source, handler, encoder)


main()
