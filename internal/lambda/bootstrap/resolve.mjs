// Module resolution hooks for Node versions that run them in a thread: `import`
// looks where `require` looks through NODE_PATH.

let parents = [];

export function initialize(data) { parents = data.parents; }

export async function resolve(name, context, next) {
  try {
    return await next(name, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^(?:[./]|[a-z][a-z0-9+.-]*:)/i.test(name)) throw error;
    for (const parentURL of parents) {
      try {
        return await next(name, { ...context, parentURL });
      } catch (other) {
        if (other.code !== 'ERR_MODULE_NOT_FOUND') throw other;
      }
    }
    throw error;
  }
}
