// Runs a Node.js Lambda handler for tidewire.
//
// The last argument is a JSON object: handler, root (the code directory), sdk,
// arn, and channel. With channel, events come as frames on file descriptor 3
// and answers go out on 4; without, the Lambda Runtime API is spoken. Standard
// output and error are the log.
'use strict';

const fs = require('fs');
const path = require('path');

const READY = 2, INIT_ERROR = 3, RESPONSE = 4, ERROR = 5, LAST_ERROR = 6;
const NO_ID = ' '.repeat(36);

// -- where events come from ---------------------------------------------------

// Channel: frames of length (4 bytes), kind (1), request id (36), the rest.
// While a handler runs the channel does not keep the event loop alive, so that
// an empty loop can be noticed.
class Channel {
  constructor(onEvent) {
    const net = require('net');
    this.onEvent = onEvent;
    this.rest = null;
    this.head = Buffer.allocUnsafe(64 * 1024);
    this.head.fill(0, 0, 64);
    this.source = new net.Socket({ fd: 3, readable: true, writable: false });
    this.source.on('data', (chunk) => this.read(chunk));
    this.source.on('end', () => process.exit(0));
    this.source.on('error', () => process.exit(0));
    this.source.pause();
  }

  start() { this.source.resume(); }
  hold() { this.source.ref(); }
  release() { this.source.unref(); }

  read(chunk) {
    if (this.rest !== null) {
      this.parts.push(chunk);
      this.have += chunk.length;
      if (this.have < this.need) return;
      chunk = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
      this.rest = null;
    }
    const need = chunk.length < 4 ? 4 : 4 + chunk.readUInt32BE(0);
    if (chunk.length < need || need === 4) {
      this.rest = true;
      this.parts = [chunk];
      this.have = chunk.length;
      this.need = need === 4 ? 5 : need;
      return;
    }
    const at = 50 + chunk[49];
    this.onEvent({
      id: chunk.latin1Slice(5, 41),
      deadline: chunk.readUIntBE(43, 6),
      trace: chunk.latin1Slice(50, at),
      body: chunk.utf8Slice(at, need),
    });
  }

  // send writes a whole frame before it returns.
  send(kind, id, body, done) {
    const text = typeof body === 'string';
    const size = text ? Buffer.byteLength(body) : body.length;
    const total = 41 + size;
    const frame = total <= this.head.length ? this.head : Buffer.allocUnsafe(total);
    frame.writeUInt32BE(37 + size, 0);
    frame[4] = kind;
    frame.latin1Write(id, 5, 36);
    if (text) frame.utf8Write(body, 41, size);
    else body.copy(frame, 41);
    writeAll(4, frame, total);
    if (done) done();
  }
}

function writeAll(fd, buffer, length) {
  for (let at = 0; at < length;) {
    try {
      at += fs.writeSync(fd, buffer, at, length - at);
    } catch (error) {
      if (error.code !== 'EAGAIN') process.exit(1);
    }
  }
}

// RuntimeAPI: the same over HTTP (Lambda developer guide, "Runtime API").
class RuntimeAPI {
  constructor(onEvent) {
    this.http = require('http');
    this.onEvent = onEvent;
    this.agent = new this.http.Agent({ keepAlive: true, maxSockets: 1 });
    // host:port/secret: the secret is the first segment of every path
    const base = new URL('http://' + process.env.AWS_LAMBDA_RUNTIME_API);
    this.base = { host: base.hostname, port: base.port };
    this.prefix = base.pathname.replace(/\/$/, '') + '/2018-06-01/runtime';
  }

  hold() {}
  release() {}

  start() { this.next(); }

  call(method, target, body, done) {
    const options = { ...this.base, method, path: this.prefix + target, agent: this.agent };
    const request = this.http.request(options, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => done(answer, Buffer.concat(parts)));
    });
    request.on('error', () => process.exit(0));
    request.end(body);
  }

  next() {
    this.call('GET', '/invocation/next', undefined, (answer, body) => {
      if (answer.statusCode !== 200) process.exit(1);
      const head = answer.headers;
      this.onEvent({
        id: head['lambda-runtime-aws-request-id'],
        deadline: Number(head['lambda-runtime-deadline-ms']),
        trace: head['lambda-runtime-trace-id'] || '',
        body: body.toString('utf8'),
      });
    });
  }

  send(kind, id, body, done) {
    if (kind === READY) return;
    const target = kind === INIT_ERROR ? '/init/error' : `/invocation/${id}/${kind === RESPONSE ? 'response' : 'error'}`;
    this.call('POST', target, body, () => {
      if (done) done();
      else if (kind !== INIT_ERROR && kind !== LAST_ERROR) this.next();
    });
  }
}

// -- errors -------------------------------------------------------------------

class RuntimeError extends Error {
  constructor(kind, message, cause) {
    super(message);
    this.name = kind;
    if (cause && cause.stack) this.stack = cause.stack;
  }
}

const SDK = /(?:Cannot find (?:module|package)) '((?:@aws-sdk|@smithy|aws-sdk)(?:\/[\w.-]+)?)/;

// hint is what to add to a message when the SDK is missing.
function hint(error) {
  const code = error && error.code;
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return '';
  const found = SDK.exec(String(error.message));
  if (!found) return '';
  return ` (${found[1]} is neither in the function's folder, nor in its layers, nor in tidewire's runtime folder,` +
    ' nor on this machine; Lambda brings it along: run `tidewire runtime install nodejs`)';
}

function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

// documentOf is an error in the shape that Lambda reports.
function documentOf(error) {
  try {
    if (isError(error)) {
      return {
        errorType: String(error.name),
        errorMessage: String(error.message) + (error instanceof RuntimeError ? '' : hint(error)),
        trace: String(error.stack).split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch (_) {
    return { errorType: 'handled', errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack', trace: [] };
  }
}

// report logs an error and gives its document as text.
function report(title, error) {
  const doc = JSON.stringify(documentOf(error));
  try {
    process.stderr.write(`${new Date().toISOString()}\tERROR\t${title}\t${doc}\n`);
  } catch (_) { /* the log is gone; the document still goes out */ }
  return doc;
}

// -- loading ------------------------------------------------------------------

function hasModuleType(folder) {
  for (; ; folder = path.dirname(folder)) {
    if (path.basename(folder) === 'node_modules') return false;
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
      } catch (error) {
        console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (folder === path.dirname(folder)) return false;
  }
}

function importFile(file) { return import(require('url').pathToFileURL(file).href); }

// loadModule tries what Lambda tries, in its order.
async function loadModule(root, folder, name) {
  const stem = path.resolve(root, folder, name);
  const isFile = (file) => fs.existsSync(file) && fs.statSync(file).isFile();
  if (isFile(stem)) return require(stem);
  const esm = hasModuleType(path.dirname(stem));
  if (!esm && isFile(stem + '.js')) {
    resolveImports(stem + '.js', false);
    return require(stem + '.js');
  }
  for (const file of [esm ? stem + '.js' : '', stem + '.mjs']) {
    if (file && isFile(file)) {
      resolveImports(file, true);
      return importFile(file);
    }
  }
  if (isFile(stem + '.cjs')) {
    resolveImports(stem + '.cjs', false);
    return require(stem + '.cjs');
  }
  return require(require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

// resolveImports lets `import` find what `require` finds through NODE_PATH:
// layers and the SDK. Where hooks need a thread of their own they are set up
// only for code that imports.
function resolveImports(file, esm) {
  const folders = (process.env.NODE_PATH || '').split(path.delimiter)
    .filter((folder) => path.basename(folder) === 'node_modules');
  if (folders.length === 0) return;
  const module = require('module');
  const { pathToFileURL } = require('url');
  const parents = folders.map((folder) => pathToFileURL(path.join(path.dirname(folder), 'index.mjs')).href);
  if (module.registerHooks) {
    module.registerHooks({ resolve: (name, context, next) => viaFolders(parents, name, context, next) });
  } else if (module.register && (esm || /\bimport\s*\(/.test(fs.readFileSync(file, 'utf8')))) {
    module.register(pathToFileURL(path.join(__dirname, 'resolve.mjs')).href, { data: { parents } });
  }
}

function viaFolders(parents, name, context, next) {
  try {
    return next(name, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^(?:[./]|[a-z][a-z0-9+.-]*:)/i.test(name)) throw error;
    for (const parentURL of parents) {
      try {
        return next(name, { ...context, parentURL });
      } catch (other) {
        if (other.code !== 'ERR_MODULE_NOT_FOUND') throw other;
      }
    }
    throw error;
  }
}

// load finds the handler as Lambda does: the base name is split at the first
// dot, and what follows may be a path of exports.
async function load(root, full) {
  if (full.includes('..')) {
    throw new RuntimeError('Runtime.MalformedHandlerName',
      `'${full}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(full);
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (!match) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  let app;
  try {
    app = await loadModule(root, full.slice(0, full.lastIndexOf(base)), match[1]);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`, error);
    if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) {
      throw new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}${hint(error)}`, error);
    }
    throw error;
  }
  const find = (from) => match[2].split('.').reduce((value, key) => value && value[key], from);
  const handler = find(app) || (app && app.default && find(app.default));
  if (!handler) throw new RuntimeError('Runtime.HandlerNotFound', `${full} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${full} is not a function`);
  return handler;
}

// -- invocations --------------------------------------------------------------

const settings = JSON.parse(process.argv.pop());
const env = process.env;
let handler = null;
let running = null; // the invocation that has not been answered
let atExit = null; // what to do when the event loop is empty

process.on('beforeExit', () => {
  const action = atExit;
  atExit = null;
  if (action) action();
});

class Context {
  constructor(event) {
    this.callbackWaitsForEmptyEventLoop = true;
    this.functionVersion = env.AWS_LAMBDA_FUNCTION_VERSION;
    this.functionName = env.AWS_LAMBDA_FUNCTION_NAME;
    this.memoryLimitInMB = env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
    this.logGroupName = env.AWS_LAMBDA_LOG_GROUP_NAME;
    this.logStreamName = env.AWS_LAMBDA_LOG_STREAM_NAME;
    this.clientContext = undefined;
    this.identity = undefined;
    this.invokedFunctionArn = settings.arn;
    this.awsRequestId = event.id;
    const deadline = event.deadline;
    this.getRemainingTimeInMillis = () => deadline - Date.now();
    this.done = (error, result) => finish(event, error, result, false);
    this.succeed = (result) => finish(event, null, result, false);
    this.fail = (error) => finish(event, error === undefined || error === null ? 'handled' : error, null, false);
  }
}

// answer sends the result of an invocation, once.
function answer(event, kind, body) {
  if (running !== event) return;
  running = null;
  atExit = null;
  source.hold();
  source.send(kind, event.id, body);
}

function fail(event, error) {
  if (running === event) answer(event, ERROR, report('Invoke Error', error));
}

function succeed(event, result) {
  if (running !== event) return;
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result);
    if (text === undefined) text = 'null';
  } catch (error) {
    fail(event, new RuntimeError('Runtime.MarshalError', 'Unable to stringify response body', error));
    return;
  }
  answer(event, RESPONSE, text);
}

// finish ends an invocation; a callback's result may wait for the event loop.
function finish(event, error, result, wait) {
  if (running !== event) return;
  if (error !== undefined && error !== null) fail(event, error);
  else if (wait) atExit = () => succeed(event, result);
  else succeed(event, result);
}

// unsettled is what an empty event loop means before there was a result.
function unsettled(event) {
  if (handler.constructor && handler.constructor.name === 'AsyncFunction') {
    fail(event, new RuntimeError('Runtime.NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. ' +
      'This is most commonly caused by a Promise that was never settled. ' +
      'For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes'));
  } else {
    succeed(event, null);
  }
}

function invoke(event) {
  running = event;
  env._X_AMZN_TRACE_ID = event.trace;
  atExit = () => unsettled(event);
  source.release();
  const context = new Context(event);
  try {
    const result = handler(JSON.parse(event.body), context,
      (error, value) => finish(event, error, value, context.callbackWaitsForEmptyEventLoop));
    if (result && typeof result.then === 'function') result.then(context.succeed, context.fail);
  } catch (error) {
    fail(event, error);
  }
}

// die reports what nobody caught, and ends the process as Lambda's runtime does.
function die(title, error, status) {
  const doc = report(title, error);
  const event = running;
  running = null;
  if (event) source.send(LAST_ERROR, event.id, doc, () => process.exit(status));
  else if (handler === null) source.send(INIT_ERROR, NO_ID, doc, () => process.exit(status));
  else process.exit(status);
}

process.on('uncaughtException', (error) => die('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason) => {
  const error = new RuntimeError('Runtime.UnhandledPromiseRejection', String(isError(reason) ? `${reason.name}: ${reason.message}` : reason),
    isError(reason) ? reason : null);
  die('Unhandled Promise Rejection', error, 128);
});

const source = settings.channel ? new Channel(invoke) : new RuntimeAPI(invoke);

load(settings.root, settings.handler).then((loaded) => {
  handler = loaded;
  source.send(READY, NO_ID, '');
  source.start();
}, (error) => {
  source.send(INIT_ERROR, NO_ID, report('Uncaught Exception', error), () => process.exit(129));
});
