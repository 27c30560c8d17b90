// A real browser, in which nothing may go wrong unseen: an error in its console, a page wider than its window, or something that
// people who cannot see or point would stumble over ends the test.
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

export const DESK = { width: 1440, height: 900 };
export const TABLET = { width: 768, height: 1024 };
export const PHONE = { width: 320, height: 640 };

const faults = [];

/** Something that must not be; the test goes on, and fails at its end. */
export function fault(what) {
  faults.push(what);
}

/** Whether a condition holds. */
export function must(condition, what) {
  if (!condition) fault(what);
}

export async function start() {
  const args = ["--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion"];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A window of its own: another person, or another device. */
export async function person(browser, viewport, more = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport, locale: "it-IT", ...more });
  context.setDefaultTimeout(30_000);
  return tab(context);
}

/** Another tab of the same person. */
export async function tab(context) {
  return watch(await context.newPage());
}

/** Nothing goes wrong on this page unseen. */
export function watch(page) {
  page.on("console", (message) => {
    // A page that is refused is told by its number too; and connections break where a test breaks them.
    const expected = /status of (401|403|404|409|413)|net::ERR_CONNECTION_RESET/.test(message.text());
    if (message.type() === "error" && !expected) fault(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(`${page.url()}: ${error}`));
  return page;
}

export async function enter(page, base, login, password) {
  await page.goto(`${base}/entra`);
  await page.fill("#user", login);
  await page.fill("#password", password);
  await page.click("button.btn-primary");
}

/** Looks at a page as it is, and keeps a picture of it. */
export async function look(page, name) {
  const folder = process.env.PICTURES;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  must(wide <= 0, `${name}: ${wide} px wider than the window`);
}

/** The same, judged by axe. It needs scripts. */
export async function judge(page, name) {
  await look(page, name);
  const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`);
  for (const { id, help, nodes } of found.violations) {
    fault(`${name}: ${id}, ${help}: ${nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
  }
}

/** The same in every width, light and dark. */
export async function judgeAll(page, name) {
  const before = page.viewportSize();
  for (const [size, viewport] of Object.entries({ desk: DESK, tablet: TABLET, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await judge(page, `${name}-${size}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(before);
}

/** Waits until a page, asked for again and again, holds this. */
export async function until(page, selector) {
  for (let round = 0; round < 60; round += 1) {
    if (await page.locator(selector).count()) return;
    await page.waitForTimeout(500);
    await page.reload();
  }
  throw new Error(`${page.url()}: ${selector} does not come`);
}

export async function end(browser) {
  await browser.close();
  if (faults.length > 0) {
    console.error(faults.join("\n"));
    process.exitCode = 1;
  }
}
