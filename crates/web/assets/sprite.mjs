// One SVG file with the icons named in icons.txt, a <symbol> each: `<use href="icons.svg#NAME">`.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./fault.mjs";

function wanted(here) {
  const lines = readFileSync(join(here, "icons.txt"), "utf8").split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => line.split(/\s+/))
    .map(([name, theirs = name]) => ({ name, theirs }));
}

function symbol(name, text) {
  const box = /viewBox="([^"]+)"/.exec(text)?.[1];
  const inside = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(text)?.[1];
  if (!box || !inside) {
    throw new Fault(`The icon ${name} is no SVG with a viewBox.`);
  }
  // The page gives the colour.
  const plain = inside.replace(/\sfill="(?!none)[^"]*"/g, "").replace(/\s+/g, " ").replace(/> </g, "><").trim();
  return `<symbol id="${name}" viewBox="${box}">${plain}</symbol>`;
}

export function sprite(here, theirs) {
  const symbols = wanted(here).map(({ name, theirs: file }) => {
    const own = join(here, "icons", `${name}.svg`);
    const path = existsSync(own) ? own : join(theirs, `it-${file}.svg`);
    if (!existsSync(path)) {
      throw new Fault(`icons.txt names ${name}, and neither icons/${name}.svg nor Bootstrap Italia's it-${file}.svg is there.`);
    }
    return [name, symbol(name, readFileSync(path, "utf8"))];
  });
  const names = new Set(symbols.map(([name]) => name));
  if (names.size < symbols.length) {
    throw new Fault("icons.txt names an icon twice.");
  }
  const text = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.map(([, symbol]) => symbol).join("\n")}</svg>\n`;
  return { names, text };
}
