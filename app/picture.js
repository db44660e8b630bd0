// Works on pictures: shrinks photos, draws the card for the group chat, brings files to the server in
// pieces (tus 1.0.0). Loaded when it is first used; the worker keeps it with the rest.

// Below this, the room that is left is kept for what people record.
const ROOM_KEPT = 8 * 1024 * 1024;
// Longest side of the small picture that stays on the phone.
const THUMB = 160;
// Longest sides that are tried, and qualities for each, until a photo is small enough.
const EDGES = [1920, 1600, 1280, 1024, 800, 640];
const QUALITIES = [0.82, 0.7, 0.58, 0.45];
// Longest side of an original.
const ORIGINAL = 4096;

function drawn(bitmap, edge) {
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  // What is transparent would become black.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const blobOf = (canvas, quality) =>
  new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));

async function decoded(file) {
  try {
    // As it was held when it was taken: what the camera noted of that goes with the rest of its notes.
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    try {
      await image.decode();
    } finally {
      URL.revokeObjectURL(image.src);
    }
    return image;
  }
}

async function hasRoom() {
  const told = await navigator.storage?.estimate?.().catch(() => undefined);
  return !told || told.quota - told.usage > ROOM_KEPT;
}

// Painted anew, a picture holds nothing but its points: no place, no time, no camera.
// "full", "no_picture", or the bytes with their SHA-256 and a small picture of them.
export async function shrink(file, most, original) {
  if (!(await hasRoom())) {
    return "full";
  }
  let bitmap;
  try {
    bitmap = await decoded(file);
  } catch {
    return "no_picture";
  }
  let blob;
  // Edges above its own size are all the same to a picture.
  const longest = Math.max(bitmap.width, bitmap.height);
  const edges = EDGES.filter((edge, n) => n === 0 || edge < longest);
  const tries = original ? [[ORIGINAL, 0.9]] : edges.flatMap((edge) => QUALITIES.map((quality) => [edge, quality]));
  let canvas;
  let side = 0;
  for (const [edge, quality] of tries) {
    if (edge !== side) {
      canvas = drawn(bitmap, edge);
      side = edge;
    }
    blob = await blobOf(canvas, quality);
    if (blob && blob.size <= most) {
      break;
    }
  }
  const thumb = drawn(bitmap, THUMB).toDataURL("image/jpeg", 0.6);
  bitmap.close?.();
  if (!blob || blob.size > most) {
    return "no_picture";
  }
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { bytes, sha256, thumb };
}

// Words break after any Chinese character, and at blanks between others.
function wrapped(pen, text, width) {
  const lines = [];
  let line = "";
  for (const word of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? []) {
    let rest = word;
    while (rest) {
      if (pen.measureText(line + rest.trimEnd()).width <= width) {
        line += rest;
        break;
      }
      if (line) {
        lines.push(line);
        line = "";
        continue;
      }
      let fits = rest.length - 1;
      while (fits > 1 && pen.measureText(rest.slice(0, fits)).width > width) {
        fits -= 1;
      }
      lines.push(rest.slice(0, fits));
      rest = rest.slice(fits);
    }
  }
  return line ? [...lines, line] : lines;
}

// A picture to be held down and sent on: what, where, when, how many; nobody's name.
export function card(title, lines, figure, caption, foot) {
  const fonts = '-apple-system, "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", sans-serif';
  const [width, pad] = [1080, 80];
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const big = `600 64px ${fonts}`;
  const usual = `36px ${fonts}`;
  pen.font = big;
  const heads = wrapped(pen, title, width - 2 * pad);
  pen.font = usual;
  const rest = lines.flatMap((line) => wrapped(pen, line, width - 2 * pad));
  canvas.width = width;
  canvas.height = 2 * pad + heads.length * 84 + 40 + rest.length * 56 + 330;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#018942";
  pen.fillRect(0, 0, canvas.width, 20);
  let y = pad + 64;
  const write = (font, colour, text, step) => {
    pen.font = font;
    pen.fillStyle = colour;
    pen.fillText(text, pad, y);
    y += step;
  };
  heads.forEach((text) => write(big, "#111", text, 84));
  y += 10;
  rest.forEach((text) => write(usual, "#444", text, 56));
  y += 130;
  write(`700 160px ${fonts}`, "#018942", figure, 66);
  write(usual, "#444", caption, 84);
  write(`28px ${fonts}`, "#666", foot, 0);
  return canvas.toDataURL("image/png");
}

const TUS = { "Tus-Resumable": "1.0.0" };

async function ask(method, path, bearer, headers, body) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 30_000);
  try {
    return await fetch(path, {
      method,
      body,
      credentials: "omit",
      signal: stop.signal,
      headers: { Authorization: `Bearer ${bearer}`, ...TUS, ...headers },
    });
  } finally {
    clearTimeout(timer);
  }
}

const code = async (answer) => (await answer.json().catch(() => ({}))).code ?? "";
const offsetOf = (answer) => Number(answer.headers.get("Upload-Offset") ?? "NaN");

// "done", "later", or what the server says against it. Where it goes on is the server's to say.
export async function bring(sha256, bearer, bytes, first, told) {
  const path = `/api/v1/files/${sha256}`;
  try {
    let answer = await ask("HEAD", path, bearer);
    if (answer.status === 404 || answer.status === 409) {
      const names = { "Upload-Length": String(bytes.length), "Upload-Metadata": `sha256 ${btoa(sha256)}` };
      answer = await ask("POST", "/api/v1/files", bearer, names);
    }
    let at = offsetOf(answer);
    let piece = first;
    while (answer.ok && answer.headers.get("Tus-Resumable") && at < bytes.length) {
      const began = performance.now();
      const type = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(at) };
      answer = await ask("PATCH", path, bearer, type, bytes.slice(at, at + piece));
      at = offsetOf(answer);
      const took = performance.now() - began;
      piece = took < 2_000 ? Math.min(piece * 2, 262_144) : Math.max(16_384, piece >> 1);
      told(at);
    }
    if (answer.ok && at === bytes.length) {
      return "done";
    }
    return answer.ok ? "later" : (await code(answer)) || "later";
  } catch {
    return "later";
  }
}
