// Starts the phone or the desk. The build puts the real names in the place of `app.js` and
// `app_bg.wasm`. An own file, so that the server can forbid every inline script.

async function start() {
  try {
    const { default: init } = await import("./app.js");
    await init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });
    document.getElementById("start")?.remove();
  } catch (why) {
    console.error(why);
    const note = document.getElementById("start-note");
    if (note) {
      note.textContent =
        "打不开：请检查网络后重新打开，或更新浏览器。 " +
        "Cannot open: check the network and open again, or update the browser.";
    }
  }
}

// After the first page is up, so that the worker's downloads do not compete with it.
async function register(address) {
  try {
    await navigator.serviceWorker.register(address, { updateViaCache: "none" });
  } catch (why) {
    // The app says itself what this browser cannot promise without a worker.
    console.warn("no service worker:", why);
  }
}

// The phone seals rescue files by code of its own, which is only fetched when one is made. The
// worker keeps it with the rest, so that this needs no network.
const sealing = document.documentElement.dataset.seal;
if (sealing) {
  globalThis.jiangdaoSeal = async () => {
    const { default: init, seal } = await import(sealing);
    await init();
    return seal;
  };
}

// The same of what works on pictures.
const picture = document.documentElement.dataset.picture;
if (picture) {
  globalThis.jiangdaoPicture = () => import(picture);
}

// In the same way what looks through the camera.
const camera = document.documentElement.dataset.camera;
if (camera) {
  globalThis.jiangdaoScan = async (video, told) => (await import(camera)).scan(video, told);
}

await start();
const worker = document.documentElement.dataset.worker;
if (worker && "serviceWorker" in navigator) {
  await register(worker);
}
