// Keeps the phone's own files, so that the app opens without any network. It keeps nothing else:
// records live in IndexedDB, and what goes to or comes from the server never passes through here.

// Both lines are filled in by the build (xtask, postbuild): every file of the built folder, and a
// version made of all their bytes, so that any change makes a new worker.
const LIST = [];
const VERSION = "";

const PREFIX = "jiangdao-phone-";
const CACHE = PREFIX + VERSION;
const PAGE = "/";
const KEPT = new Set(LIST);

// Paths that belong to others: the server's, the desk's, the feedback link's.
const FOREIGN = ["/api", "/desk", "/f"];

// A name that holds the hash of its content can never be out of date.
const HASHED = /-[0-9a-f]{16}\.[a-z]+$/;

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

// All or nothing: one missing file fails the install, and the worker before goes on serving.
async function keepAll() {
  const cache = await caches.open(CACHE);
  await Promise.all(LIST.map((address) => keep(cache, address)));
}

async function keep(cache, address) {
  const hashed = HASHED.test(address);
  // A file that an older version has already fetched is not fetched again over a weak signal.
  const before = hashed ? await caches.match(address) : undefined;
  if (before) {
    await cache.put(address, before);
    return;
  }
  // Past the browser's cache for names that stay the same: else an old page could be kept with
  // the new code.
  const answer = await fetch(new Request(address, { cache: hashed ? "default" : "reload" }));
  if (!answer.ok || answer.redirected) {
    throw new Error(`${address}: ${answer.status}`);
  }
  await cache.put(address, answer);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

// A new version waits until a person taps: never in the middle of a form.
self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") {
    self.skipWaiting();
  }
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") {
    return;
  }
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || isForeign(url.pathname)) {
    return;
  }
  if (request.mode === "navigate") {
    event.respondWith(kept(PAGE, request));
  } else if (KEPT.has(url.pathname)) {
    event.respondWith(kept(url.pathname, request));
  }
});

function isForeign(path) {
  return FOREIGN.some((foreign) => path === foreign || path.startsWith(foreign + "/"));
}

// From the cache first; from the network only where a browser has thrown the cache away.
async function kept(address, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address)) ?? fetch(request);
}
