// What goes wrong while one writes: two windows, ten thousand recipients, a login that is over, uploads that break off, "back" and
// impatient clicks. Nothing is lost, nothing goes twice, and each is said in a sentence.
import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DESK, end, enter, fault, judge, must, person, start, tab, watch } from "./browser.mjs";

const { ALFA, ANNA, ANNA_PASSWORD, ALFA_MARIO } = process.env;
const browser = await start();

async function logged(more) {
  const page = await person(browser, DESK, more);
  await enter(page, ALFA, ANNA, ANNA_PASSWORD);
  await page.waitForSelector(".list");
  return page;
}

/** A new message, whose draft is not saved yet. */
async function write(page) {
  await page.goto(`${ALFA}/c/${ANNA}/scrivi`);
  await page.waitForSelector("#body");
}

async function saved(page) {
  await page.waitForFunction(() => document.querySelector("[data-saved]").textContent.startsWith("Bozza salvata"));
}

async function folder(page, name) {
  await page.goto(ALFA);
  await page.click(`.folder-list >> text=${name}`);
  await page.waitForSelector("h1");
}

/** What the form would send as recipients. */
function recipients(page) {
  return page.evaluate(() => new FormData(document.querySelector("[data-compose]")).get("to").split(",").length);
}

async function twoWindows(anna) {
  await write(anna);
  await anna.fill("#subject", "Due finestre");
  await saved(anna);
  const other = await tab(anna.context());
  await other.goto(anna.url());
  await anna.fill("#body", "scritto nella prima");
  await anna.waitForResponse((answer) => answer.url().endsWith("/bozza") && answer.ok());
  await other.fill("#body", "scritto nella seconda");
  await other.waitForFunction(() => document.querySelector("[data-saved]").textContent.includes("un’altra finestra"));
  await other.click("button[value=save]:not(.visually-hidden)");
  await other.waitForSelector(".banner-bad:not([hidden])");
  must((await other.textContent(".banner-bad:not([hidden])")).includes("due versioni"), "two versions are not told of");
  await judge(other, "write-two-windows");
  await other.close();
  await folder(anna, "Bozze");
  const drafts = await anna.locator(".row-link").evaluateAll((all) => all.map((link) => link.href));
  const bodies = [];
  for (const draft of drafts) {
    await anna.goto(draft);
    bodies.push((await anna.inputValue("#body")).trim());
  }
  bodies.sort();
  must(bodies.join("|") === "scritto nella prima|scritto nella seconda", `the drafts say ${bodies.join("|")}`);
}

async function tenThousand(anna) {
  await write(anna);
  const many = Array.from({ length: 10_000 }, (_, n) => `utente${n}@beta.example`).join(", ");
  await anna.fill("#to", many);
  await anna.waitForSelector(".notice-bad");
  must((await anna.textContent(".notice-bad")).includes("al massimo 500"), "the limit of recipients is not told");
  const began = Date.now();
  await anna.fill("#subject", "A tutti quanti");
  await anna.fill("#body", "Buongiorno a tutti.");
  must(Date.now() - began < 5_000, `typing takes ${Date.now() - began} ms`);
  must((await recipients(anna)) === 10_000, `${await recipients(anna)} recipients are in the form`);
  await anna.click("button[value=send]");
  await anna.waitForSelector(".banner-bad:not([hidden])");
  const said = await anna.textContent(".banner-bad:not([hidden])");
  must(said.includes("10000 destinatari") && said.includes("al massimo 500"), `of too many it says: ${said}`);
  must((await recipients(anna)) === 10_000, `${await recipients(anna)} recipients are left`);
  must((await anna.locator("#to + *, .chip").count()) < 600, "each of ten thousand has a chip");
  await judge(anna, "write-ten-thousand");
  await anna.reload();
  await anna.waitForSelector("[data-recipients] input[type=hidden]", { state: "attached" });
  must((await recipients(anna)) === 10_000, `${await recipients(anna)} recipients are in the draft`);
  // A column of a spreadsheet is a list.
  await write(anna);
  await anna.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", "uno@beta.example\r\ndue@beta.example\r\ntre@beta.example\r\n");
    document.querySelector("#to").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await anna.waitForFunction(() => document.querySelectorAll("[data-address]").length === 3);
}

async function endOthers() {
  const other = await logged();
  await other.goto(`${ALFA}/accessi`);
  await other.click("button.btn-danger");
  await other.waitForSelector("table");
  await other.context().close();
}

async function loginOver(anna) {
  await write(anna);
  await anna.fill("#subject", "Sessione");
  await saved(anna);
  await endOthers();
  await anna.fill("#body", "scritto dopo la fine");
  await anna.waitForSelector("#over:not([hidden])");
  await judge(anna, "write-over");
  const writing = anna.url();
  const refused = anna.waitForResponse((answer) => answer.status() === 401);
  await anna.click("button[value=save]:not(.visually-hidden)");
  await refused;
  must(anna.url() === writing, `who is logged out is led to ${anna.url()}`);
  const [login] = await Promise.all([anna.waitForEvent("popup"), anna.click("#over a")]);
  watch(login);
  await login.fill("#user", ANNA);
  await login.fill("#password", ANNA_PASSWORD);
  await login.click("button.btn-primary");
  await login.waitForSelector(".list");
  await login.close();
  // It is saved, and shown anew.
  await Promise.all([anna.waitForEvent("load"), anna.click("button[value=save]:not(.visually-hidden)")]);
  await anna.waitForSelector("[data-saved]:has-text('Bozza salvata')");
  await anna.reload();
  must((await anna.inputValue("#body")).trim() === "scritto dopo la fine", "what was typed after the end is lost");
}

async function loginOverWithoutScripts() {
  const plain = await logged({ javaScriptEnabled: false });
  await write(plain);
  await endOthers();
  await plain.fill("#body", "scritto senza script");
  await plain.click("button[value=save]:not(.visually-hidden)");
  await plain.waitForSelector("text=non è stato elaborato");
  const login = await tab(plain.context());
  await enter(login, ALFA, ANNA, ANNA_PASSWORD);
  await login.waitForSelector(".list");
  await plain.reload();
  await plain.waitForSelector("#body");
  must((await plain.inputValue("#body")).trim() === "scritto senza script", "what was sent after the end is lost");
  await plain.context().close();
}

async function uploads(anna) {
  await write(anna);
  await anna.fill("#body", "Con un documento.");
  await anna.route("**/allegati", (route) => route.abort("connectionreset"));
  const file = { name: "atto.txt", mimeType: "text/plain", buffer: Buffer.from("documento di prova") };
  await anna.setInputFiles("#files", [file]);
  await anna.waitForSelector(".attachment-failed");
  must((await anna.textContent(".attachment-failed")).includes("riprova"), "a broken upload is not told of");
  await anna.unroute("**/allegati");
  await anna.click(".attachment-failed button:text-is('Riprova')");
  await anna.waitForSelector(".attachment[data-size]");
  // One above the limit does not leave: the file is as long as it says, and holds nothing.
  const large = join(mkdtempSync(join(tmpdir(), "sigillo-")), "grande.bin");
  writeFileSync(large, "");
  truncateSync(large, 200 << 20);
  await anna.setInputFiles("#files", [large]);
  await anna.waitForSelector(".attachment-failed");
  must((await anna.textContent(".attachment-failed")).includes("Troppo grande: "), "a file above the limit is not told of");
  await judge(anna, "write-too-large");
  await anna.click(".attachment-failed button:text-is('Togli')");
  await Promise.all([anna.waitForEvent("load"), anna.click("button[value=save]:not(.visually-hidden)")]);
  await anna.waitForSelector("[data-saved]:has-text('Bozza salvata')");
  await anna.reload();
  must((await anna.locator(".attachment[data-size]").count()) === 1, "the file that came is lost");
  must((await anna.inputValue("#body")).trim() === "Con un documento.", "the text is lost beside a broken upload");
}

async function once(anna) {
  await write(anna);
  await anna.fill("#to", `${ALFA_MARIO},`);
  await anna.waitForSelector(".chip-certified");
  await anna.fill("#subject", "Una volta sola");
  await anna.fill("#body", "Buongiorno.");
  const writing = anna.url();
  await anna.dblclick("button[value=send]");
  await anna.waitForSelector(".list");
  await anna.goBack();
  await anna.waitForSelector("h1");
  if (await anna.locator("button[value=send]").count()) {
    await anna.click("button[value=send]");
    await anna.waitForSelector(".list");
  } else {
    must(await anna.locator("text=Questa bozza non c’è più").count(), "a message that was sent has no sentence");
  }
  // Twice at once, as an impatient browser without scripts does it; and once more with another text.
  const name = "0123456789abcdef0123456789abcdef";
  const send = (body) =>
    anna.context().request.post(`${ALFA}/c/${ANNA}/scrivi/${name}`, {
      headers: { Origin: ALFA, "Sec-Fetch-Site": "same-origin" },
      multipart: { to: ALFA_MARIO, subject: "Due volte insieme", body, version: "0", window: "", do: "send" },
    });
  for (const answer of await Promise.all([send("Buongiorno."), send("Buongiorno.")])) {
    must(answer.ok() && answer.url().includes("/f/"), `who sends twice is answered ${answer.status()} at ${answer.url()}`);
  }
  const other = await send("Un altro testo.");
  must((await other.text()).includes("non è stato inviato"), "what was written since is sent, or lost");
  await folder(anna, "Inviata");
  for (const subject of ["Una volta sola", "Due volte insieme"]) {
    const times = await anna.locator(`.row:has-text("${subject}")`).count();
    must(times === 1, `“${subject}” was sent ${times} times`);
  }
  await folder(anna, "Bozze");
  must((await anna.locator('.row:has-text("Due volte insieme")').count()) === 1, "the other text is no draft");
  await anna.goto(writing);
  must(await anna.locator("text=Questa bozza non c’è più").count(), "a message that was sent can be written on");
}

try {
  const anna = await logged();
  anna.on("dialog", (dialog) => dialog.accept());
  await twoWindows(anna);
  await tenThousand(anna);
  await loginOver(anna);
  await uploads(anna);
  await once(anna);
  await loginOverWithoutScripts();
} catch (error) {
  fault(error.stack);
}
await end(browser);
