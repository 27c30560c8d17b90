// Makes dist/: what the pages load, from Bootstrap Italia, htmx and the files beside this one. `make assets` runs it after
// `npm ci`. It writes into a folder beside dist/ and changes places at the end, so that a build that failed leaves the old one.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { contrastFaults } from "./contrast.mjs";
import { Fault } from "./fault.mjs";
import { policyFaults } from "./policy.mjs";
import { sizes } from "./size.mjs";
import { sprite } from "./sprite.mjs";
import { vocabularyFaults } from "./vocabulary.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const making = join(here, "dist.new");
const dist = join(here, "dist");

const FONTS = { 400: "regular", 600: "600", 700: "700" };
const LICENCES = {
  "Bootstrap Italia": "bootstrap-italia/LICENSE",
  "Titillium Web": "bootstrap-italia/src/fonts/Titillium_Web/OFL.txt",
  htmx: "htmx.org/LICENSE",
};

function foreign(path) {
  const whole = join(modules, path);
  if (!existsSync(whole)) {
    throw new Fault(`node_modules/${path} is missing: run \`make assets\`, which runs \`npm ci\` first.`);
  }
  return whole;
}

function script(name, text) {
  // The map that the last line names is not carried; a browser's tools would ask for it in vain.
  writeFileSync(join(making, name), text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
}

async function css() {
  foreign("sass/package.json");
  const sass = await import("sass");
  const { css: text } = sass.compile(join(here, "scss/main.scss"), {
    style: "compressed",
    loadPaths: [modules],
    quietDeps: true,
    // Bootstrap Italia is written with @import, and is entered with it: scss/_bootstrap.scss.
    silenceDeprecations: ["import"],
  });
  writeFileSync(join(making, "sigillo.css"), text);
  return text;
}

function fonts() {
  for (const [weight, name] of Object.entries(FONTS)) {
    const file = foreign(`bootstrap-italia/src/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-${name}.woff2`);
    cpSync(file, join(making, `titillium-${weight}.woff2`));
  }
}

function scripts() {
  script("htmx.js", readFileSync(foreign("htmx.org/dist/htmx.min.js"), "utf8"));
  script("hx-sse.js", readFileSync(foreign("htmx.org/dist/ext/hx-sse.min.js"), "utf8"));
  for (const name of readdirSync(join(here, "scripts"))) {
    script(name, readFileSync(join(here, "scripts", name), "utf8"));
  }
}

function licences() {
  const parts = Object.entries(LICENCES).map(([name, path]) => `${name}\n\n${readFileSync(foreign(path), "utf8").trim()}\n`);
  writeFileSync(join(making, "licences.txt"), parts.join(`\n${"-".repeat(80)}\n\n`));
}

async function build() {
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making);
  const style = await css();
  fonts();
  scripts();
  licences();
  cpSync(join(here, "icons/brand.svg"), join(making, "icon.svg"));
  const icons = sprite(here, join(modules, "bootstrap-italia/src/svg"));
  writeFileSync(join(making, "icons.svg"), icons.text);
  const { faults, words } = sizes(making);
  faults.push(...policyFaults(making), ...contrastFaults(style), ...vocabularyFaults(here, style, icons.names));
  if (faults.length > 0) {
    throw new Fault(faults.join("\n"));
  }
  rmSync(dist, { recursive: true, force: true });
  renameSync(making, dist);
  console.log(words);
}

try {
  await build();
} catch (error) {
  rmSync(making, { recursive: true, force: true });
  // A fault of what stands in this folder is a sentence; any other is this program's, with the place where it happened.
  console.error(error instanceof Fault || error.name === "Exception" ? `assets: ${error.message}` : error);
  process.exitCode = 1;
}
