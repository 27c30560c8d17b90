// Whether the HTML that is written (the examples of README.md and the templates) and what stands here know the same words:
// classes, icons, custom properties, and files of dist/ that a page names.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

// Classes that only scripts and htmx look for.
const UNSTYLED = new Set(["copy"]);
const SCRIPT_LINES = 200;

function pages(folder) {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? pages(path) : entry.name.endsWith(".html") ? [path] : [];
  });
}

function examples(readme) {
  return [...readme.matchAll(/^```html \S+\n([\s\S]*?)^```/gm)].map((match) => match[1]).join("\n");
}

/** The classes of a text; a word that a template makes (`mark-{{ kind }}`) is not looked at. */
function classes(html) {
  const made = html.replace(/\{%[\s\S]*?%\}/g, " ").replace(/\{#[\s\S]*?#\}/g, " ").replace(/\{\{[\s\S]*?\}\}/g, "\u0000");
  const words = [...made.matchAll(/\bclass="([^"]*)"/g)].flatMap((match) => match[1].split(/\s+/));
  return new Set(words.filter((word) => word && !word.includes("\u0000")));
}

function icons(html) {
  const called = [...html.matchAll(/\bicon\("([\w-]+)"\)/g)];
  const used = [...html.matchAll(/icons\.svg#([\w-]+)/g)];
  return new Set([...called, ...used].map((match) => match[1]));
}

function undefinedProperties(css) {
  const defined = new Set([...css.matchAll(/(--[\w-]+)\s*:/g)].map((match) => match[1]));
  const used = new Set([...css.matchAll(/var\((--[\w-]+)\)/g)].map((match) => match[1]));
  return [...used].filter((name) => !defined.has(name));
}

export function vocabularyFaults(here, css, known) {
  const styled = new Set([...css.matchAll(/\.(-?[_a-zA-Z][\w-]*)/g)].map((match) => match[1]));
  const readme = join(here, "README.md");
  const sources = [[readme, examples(readFileSync(readme, "utf8"))]];
  sources.push(...pages(join(here, "../templates")).map((path) => [path, readFileSync(path, "utf8")]));
  const faults = sources.flatMap(([path, html]) => {
    const place = relative(here, path);
    const plain = [...classes(html)].filter((word) => !styled.has(word) && !UNSTYLED.has(word));
    const absent = [...icons(html)].filter((name) => !known.has(name));
    return [
      ...plain.map((word) => `${place} writes the class ${word}, which scss/ does not have.`),
      ...absent.map((name) => `${place} shows the icon ${name}, which icons.txt does not name.`),
    ];
  });
  faults.push(...undefinedProperties(css).map((name) => `scss/ uses ${name}, which no theme defines.`));
  for (const name of readdirSync(join(here, "scripts"))) {
    const lines = readFileSync(join(here, "scripts", name), "utf8").split("\n").length - 1;
    if (lines >= SCRIPT_LINES) {
      faults.push(`scripts/${name} has ${lines} lines: a script has one task, in fewer than ${SCRIPT_LINES}.`);
    }
  }
  return faults;
}
