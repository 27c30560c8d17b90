// What build.mjs refuses: `node --test` in this folder.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { contrast, contrastFaults } from "./contrast.mjs";
import { policyFaults } from "./policy.mjs";
import { sizes } from "./size.mjs";
import { sprite } from "./sprite.mjs";
import { vocabularyFaults } from "./vocabulary.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sigillo-assets-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name, text) => writeFileSync(join(folder, name), text);

test("black on white is the farthest, and a grey of the norm's examples just far enough", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]).toFixed(2), "21.00");
  assert.equal(contrast([0x76, 0x76, 0x76], [255, 255, 255]).toFixed(2), "4.54");
});

test("a colour too close to what it stands on is told, for the theme where it is", () => {
  const faults = contrastFaults(":root{--text:#000;--page:#fff}:root[data-bs-theme=dark]{--text:#333;--page:#222}");
  assert.ok(faults.some((fault) => fault.startsWith("dark: --text on --page is 1.26:1")), faults[0]);
  assert.ok(!faults.some((fault) => fault.startsWith("light: --text on --page")));
  assert.ok(faults.includes("The light theme gives --surface no colour that this script can read."));
});

test("what the content security policy would block is told", () => {
  write("sigillo.css", "a{background:url(data:image/png;base64,AA)}");
  write("icons.svg", '<svg><path style="fill:red"/></svg>');
  write("own.js", 'element.style.color = "red"; eval("1")');
  write("htmx.js", "new Function(code)");
  assert.deepEqual(policyFaults(folder).sort(), [
    "icons.svg has an inline style.",
    "own.js compiles text.",
    "own.js writes an inline style.",
    "sigillo.css loads something that is not a font of ours.",
  ]);
  write("sigillo.css", '@font-face{src:url("titillium-400.woff2") format("woff2")}');
  assert.ok(!policyFaults(folder).some((fault) => fault.startsWith("sigillo.css")));
});

test("a class, an icon and a property that nobody made are told; a word that a template makes is not", () => {
  mkdirSync(join(folder, "assets/scripts"), { recursive: true });
  mkdirSync(join(folder, "templates/mail"), { recursive: true });
  write("assets/README.md", '```html one\n<p class="row">{{ icon("mail") }}</p>\n```\n<p class="prose-only">\n');
  write("assets/scripts/long.js", "\n".repeat(200));
  write("templates/mail/list.html", '<p class="row mark-{{ kind }} rwo{% if x %} seen{% endif %}">{{ icon("nail") }}</p>');
  const faults = vocabularyFaults(join(folder, "assets"), ".row{color:var(--text);margin:var(--gone)}.seen{--text:#000}", new Set(["mail"]));
  assert.deepEqual(faults, [
    "../templates/mail/list.html writes the class rwo, which scss/ does not have.",
    "../templates/mail/list.html shows the icon nail, which icons.txt does not name.",
    "scss/ uses --gone, which no theme defines.",
    "scripts/long.js has 200 lines: a script has one task, in fewer than 200.",
  ]);
});

test("an icon comes from our drawing first, without a colour of its own, and one that is nowhere is told", () => {
  mkdirSync(join(folder, "icons"));
  mkdirSync(join(folder, "theirs"));
  write("icons.txt", "# words\nseal\nlock locked\n");
  write("icons/seal.svg", '<svg viewBox="0 0 24 24"><path fill="#06c" d="M0 0"/></svg>');
  write("theirs/it-locked.svg", '<svg viewBox="0 0 9 9"><path d="M1 1"/></svg>');
  const made = sprite(folder, join(folder, "theirs"));
  assert.ok(made.text.includes('<symbol id="seal" viewBox="0 0 24 24"><path d="M0 0"/></symbol>'), made.text);
  assert.ok(made.text.includes('<symbol id="lock" viewBox="0 0 9 9">'), made.text);
  write("icons.txt", "ghost\n");
  assert.throws(() => sprite(folder, join(folder, "theirs")), /icons\.txt names ghost/);
});

test("a first load over its budget is told, in gzip as in brotli", () => {
  const names = "icons.svg icon.svg titillium-400.woff2 titillium-600.woff2 titillium-700.woff2 page.js theme.js copy.js htmx.js hx-sse.js live.js list.js recipients.js attachments.js autosave.js compose.js";
  for (const name of names.split(" ")) write(name, "x");
  write("sigillo.css", "a{}");
  assert.deepEqual(sizes(folder).faults, []);
  write("titillium-400.woff2", Buffer.alloc(250_000));
  assert.deepEqual(sizes(folder).faults, ["The first load of public is 256.1 kB; its budget is 200.0 kB."]);
});
