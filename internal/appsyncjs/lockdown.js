// Called once in a new runtime, before any script: removes what is not kept and
// freezes everything that a script could reach. The modules of the library are
// immutable already.
(function (keptJSON, library, ...immutable) {
  const kept = JSON.parse(keptJSON);
  const { ownKeys, deleteProperty } = Reflect;
  const { freeze, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
  const global = globalThis;
  const Set = global.Set;

  // Objects that syntax or methods reach without a name.
  const queue = [
    global, library,
    function* () {}, async () => {}, async function () {}, (function* () {})(),
    [][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), /x/,
    new RegExp('x')[Symbol.matchAll](''), Object(1n), Object(1), Object(''), Object(true), Object(Symbol.iterator),
    Promise.prototype, Error.prototype, TypeError.prototype, RangeError.prototype, ReferenceError.prototype, SyntaxError.prototype,
  ];

  // What is set on an object whose prototype is frozen would otherwise be
  // refused, as the prototype's property is read-only.
  for (const name of kept['Object.prototype']) {
    const value = Object.prototype[name];
    queue.push(value);
    defineProperty(Object.prototype, name, {
      get() { return value; },
      set(v) {
        if (this === Object.prototype) throw new TypeError('Object.prototype is read-only');
        defineProperty(this, name, { value: v, writable: true, enumerable: true, configurable: true });
      },
    });
  }

  const trim = (object, names) => {
    const keep = new Set(names);
    const keys = ownKeys(object);
    for (let i = 0; i < keys.length; i += 1) {
      if (!keep.has(keys[i]) && (typeof keys[i] === 'string' || object === global)) deleteProperty(object, keys[i]);
    }
  };
  const places = Object.keys(kept).filter((place) => place !== 'globalThis');
  const objects = places.map((place) => place.split('.').reduce((o, name) => o[name], global));
  for (let i = 0; i < places.length; i += 1) trim(objects[i], kept[places[i]]);
  trim(global, kept.globalThis);

  const seen = new Set(immutable);
  for (let i = 0; i < queue.length; i += 1) {
    const object = queue[i];
    if (object === null || (typeof object !== 'object' && typeof object !== 'function') || seen.has(object)) continue;
    seen.add(object);
    queue.push(getPrototypeOf(object));
    const keys = ownKeys(object);
    for (let j = 0; j < keys.length; j += 1) {
      const key = keys[j];
      if (key === 'constructor') {
        deleteProperty(object, key);
        continue;
      }
      if (typeof object === 'function' && (key === 'length' || key === 'name')) continue;
      const d = getOwnPropertyDescriptor(object, key);
      if (d.get || d.set) queue.push(d.get, d.set);
      else if (typeof d.value === 'object' || typeof d.value === 'function') queue.push(d.value);
    }
    freeze(object);
  }
})
