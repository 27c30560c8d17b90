// The keyboard alone, and twice as large: nothing needs a pointer, and nothing is wider than the window.
import { DESK, end, enter, fault, judge, must, person, start } from "./browser.mjs";

const { ALFA, ANNA, ANNA_PASSWORD, ALFA_MARIO } = process.env;
/** A window of 1280 pixels at 200 %. */
const ZOOMED = { width: 640, height: 450 };
const browser = await start();

const focused = (page, selector) => page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector);

/** Goes on with Tab until this has the focus, as somebody without a pointer does. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await focused(page, selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${page.url()}: ${selector} cannot be reached by Tab`);
}

try {
  const anna = await person(browser, DESK);
  await anna.goto(`${ALFA}/entra`);
  await tabTo(anna, "#user");
  await anna.keyboard.type(ANNA);
  await tabTo(anna, "#password");
  await anna.keyboard.type(ANNA_PASSWORD);
  await anna.keyboard.press("Enter");
  await anna.waitForSelector(".row-link");

  // Past everything that is the same on all pages.
  await anna.keyboard.press("Tab");
  must(await focused(anna, ".skip"), "the first thing is not the way to the content");
  await anna.keyboard.press("Enter");
  must(await focused(anna, "#main"), "the way to the content does not lead there");

  // The list.
  await anna.keyboard.press("j");
  must(await focused(anna, ".row-link"), "j does not lead to a message");
  const first = await anna.evaluate(() => document.activeElement.href);
  await anna.keyboard.press("j");
  must((await anna.evaluate(() => document.activeElement.href)) !== first, "j does not lead on");
  await anna.keyboard.press("k");
  must((await anna.evaluate(() => document.activeElement.href)) === first, "k does not lead back");
  await anna.keyboard.press("x");
  must((await anna.locator("[data-row] input:checked").count()) === 1, "x does not choose");
  await anna.keyboard.press("?");
  must(await anna.locator("#keys[open]").count(), "the keys are not told");
  await anna.keyboard.press("Escape");
  must(!(await anna.locator("#keys[open]").count()), "Escape does not close the keys");

  // Menus.
  await tabTo(anna, "body");
  await tabTo(anna, "details.user > summary");
  await anna.keyboard.press("Enter");
  must(await anna.locator("details.user[open]").count(), "the menu does not open");
  await anna.keyboard.press("Tab");
  await anna.keyboard.press("Escape");
  must(!(await anna.locator("details.user[open]").count()), "Escape does not close the menu");
  must(await focused(anna, "details.user > summary"), "after the menu the focus is lost");

  // Writing and sending.
  await tabTo(anna, "a.write");
  await anna.keyboard.press("Enter");
  await anna.waitForSelector("#body");
  await tabTo(anna, "#to");
  await anna.keyboard.type(`${ALFA_MARIO}x@y@z`);
  await anna.keyboard.press("Enter");
  await anna.waitForSelector(".chip-wrong");
  // What is wrong goes back to the field, and is put right there.
  await anna.keyboard.press("Backspace");
  for (let wrong = 0; wrong < "x@y@z".length; wrong += 1) await anna.keyboard.press("Backspace");
  await anna.keyboard.press("Enter");
  await anna.waitForSelector(".chip-certified");
  await tabTo(anna, "#subject");
  await anna.keyboard.type("Senza mouse");
  await tabTo(anna, "#body");
  await anna.keyboard.type("Buongiorno.");
  await tabTo(anna, "button[value=send]");
  await anna.keyboard.press("Enter");
  await anna.waitForSelector('.row:has-text("Senza mouse")');

  // Reading: a message opens with Enter, and its frame is no trap.
  await anna.goto(first);
  await tabTo(anna, ".technical summary");
  await anna.keyboard.press("Enter");
  must(await anna.locator(".technical details[open]").count(), "the technical part does not open");

  // Twice as large.
  await anna.setViewportSize(ZOOMED);
  await judge(anna, "zoom-message");
  await anna.goto(`${ALFA}/c/${ANNA}`);
  await judge(anna, "zoom-list");
  await anna.goto(`${ALFA}/c/${ANNA}/scrivi`);
  await anna.fill("#to", `${ALFA_MARIO}, una.persona.dal.nome.davvero.molto.lungo@ufficio.protocollo.generale.beta.example,`);
  await anna.waitForSelector(".chip");
  await judge(anna, "zoom-write");
} catch (error) {
  fault(error.stack);
}
await end(browser);
