// What a first load weighs on the wire, against the budgets of the pages.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const KB = 1000;
const COMMON = ["sigillo.css", "icons.svg", "icon.svg", "titillium-400.woff2", "titillium-600.woff2", "titillium-700.woff2"];
const SCRIPTS = ["page.js", "theme.js", "copy.js"];
/** Page: its files, and what its first load may weigh. The HTML of fifty rows is 60 kB and compresses to 10. */
const PAGES = {
  list: { files: [...COMMON, ...SCRIPTS, "htmx.js", "hx-sse.js", "live.js", "list.js"], html: 10 * KB, budget: 300 * KB },
  compose: { files: [...COMMON, ...SCRIPTS, "recipients.js", "attachments.js", "autosave.js", "compose.js"], html: 6 * KB, budget: 300 * KB },
  public: { files: [...COMMON, ...SCRIPTS], html: 6 * KB, budget: 200 * KB },
};

function weights(path) {
  const bytes = readFileSync(path);
  // A font is compressed already and goes as it is.
  if (path.endsWith(".woff2")) {
    return { plain: bytes.length, gzip: bytes.length, brotli: bytes.length };
  }
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return { plain: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

const kb = (bytes) => `${(bytes / KB).toFixed(1).padStart(6)} kB`;

export function sizes(folder) {
  const known = new Map();
  const weigh = (name) => {
    if (!known.has(name)) {
      known.set(name, weights(join(folder, name)));
    }
    return known.get(name);
  };
  const faults = [];
  const sums = Object.entries(PAGES).map(([page, { files, html, budget }]) => {
    const sum = (way) => files.reduce((total, name) => total + weigh(name)[way], html);
    const [gzip, brotli] = [sum("gzip"), sum("brotli")];
    // Who speaks no brotli loads gzip: the budget holds for both.
    if (gzip > budget) {
      faults.push(`The first load of ${page} is ${kb(gzip).trim()}; its budget is ${kb(budget).trim()}.`);
    }
    return `${`first load of ${page}`.padEnd(24)}           ${kb(gzip)} ${kb(brotli)}   of ${kb(budget).trim()}, ${kb(html).trim()} of HTML counted`;
  });
  const files = [...known].map(([name, { plain, gzip, brotli }]) => `${name.padEnd(24)} ${kb(plain)} ${kb(gzip)} ${kb(brotli)}`);
  const head = `${"".padEnd(24)} ${"plain".padStart(9)} ${"gzip".padStart(9)} ${"brotli".padStart(9)}`;
  return { faults, words: [head, ...files, ...sums].join("\n") };
}
