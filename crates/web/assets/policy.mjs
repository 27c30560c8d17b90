// What the content security policy of the pages would block, or what would lead out of the program.
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";

const FORBIDDEN = {
  ".css": [
    [/url\((?!\s*["']?titillium-\d+\.woff2)/, "loads something that is not a font of ours"],
    [/@import/, "imports another style sheet"],
  ],
  ".svg": [
    [/\sstyle=/, "has an inline style"],
    [/<script|\son\w+=/, "has a script"],
    [/href=/, "refers to something"],
  ],
};
// Scripts of ours; htmx compiles text where an attribute asks for it, which no template does.
const OWN = [
  [/\beval\(|new Function\b/, "compiles text"],
  [/\.style\b|setAttribute\(\s*["']style/, "writes an inline style"],
  [/\.innerHTML\s*=|insertAdjacentHTML|document\.write/, "writes text as HTML"],
  [/https?:\/\//, "names another server"],
];
const FOREIGN = new Set(["htmx.js", "hx-sse.js"]);

export function policyFaults(folder) {
  return readdirSync(folder).flatMap((name) => {
    const rules = FORBIDDEN[extname(name)] ?? (extname(name) === ".js" && !FOREIGN.has(name) ? OWN : []);
    if (rules.length === 0) {
      return [];
    }
    const text = readFileSync(join(folder, name), "utf8");
    return rules.filter(([pattern]) => pattern.test(text)).map(([, words]) => `${name} ${words}.`);
  });
}
