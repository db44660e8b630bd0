// Looks through the camera for codes. Fetched when it is first used; the worker keeps it.

// So often a picture is looked at, ms: often enough for a badge that is held still.
const EVERY_MS = 150;
// Wider pictures are made smaller before they are read.
const WIDEST = 800;

// Opens the camera behind, shows it in `video`, and calls `told` with the text of every code. Resolves to what ends it.
export async function scan(video, told) {
  const wanted = { facingMode: "environment", width: { ideal: 1280 } };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: wanted });
  let over = false;
  const end = () => {
    over = true;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  try {
    const read = await reader();
    video.muted = true;
    video.srcObject = stream;
    await video.play();
    look();
    return end;

    async function look() {
      while (!over) {
        try {
          const text = video.videoWidth > 0 ? await read(video) : undefined;
          if (text && !over) {
            told(text);
          }
        } catch (why) {
          console.warn("a picture that could not be read:", why);
        }
        await new Promise((next) => setTimeout(next, EVERY_MS));
      }
    }
  } catch (why) {
    end();
    throw why;
  }
}

// The browser's own reader, where it really reads these codes; some web views have one with an empty list.
async function reader() {
  if ("BarcodeDetector" in globalThis) {
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (formats.includes("qr_code")) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async (video) => (await detector.detect(video))[0]?.rawValue;
    }
  }
  const { default: init, read } = await import("./scan.js");
  await init();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return read(canvas.width, canvas.height, data);
  };
}
