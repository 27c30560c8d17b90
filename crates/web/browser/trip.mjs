// The trip of a message between two providers, as its people see it: written at a desk, read on a telephone, proved at both.
import { DESK, PHONE, end, enter, fault, judge, judgeAll, look, must, person, start, until } from "./browser.mjs";

const { ALFA, BETA, ANNA, ANNA_PASSWORD, MARIO, MARIO_PASSWORD } = process.env;
const SUBJECT = "Accesso agli atti: richiesta di documenti n. 7/2026";
const browser = await start();
try {
  const anna = await person(browser, DESK);
  await anna.goto(ALFA);
  await judgeAll(anna, "login");
  // What is wrong is said, and what was typed stays.
  await enter(anna, ALFA, ANNA, "sbagliata");
  await anna.waitForSelector(".banner-bad");
  must((await anna.inputValue("#user")) === ANNA, "the address that was typed is gone");
  await judge(anna, "login-wrong");
  await enter(anna, ALFA, ANNA, ANNA_PASSWORD);
  await anna.waitForSelector(".empty");
  await judgeAll(anna, "inbox-empty");

  // Writing: recipients are certified or not before anything is sent.
  await anna.click("a.write");
  await anna.fill("#to", `${MARIO}, nessuno@beta.example, ordinario@posta.example, procura@,`);
  await anna.waitForSelector(".chip-wrong");
  must((await anna.locator(".chip-certified").count()) === 2, "two recipients are certified");
  must((await anna.locator(".chip-ordinary").count()) === 1, "one recipient is ordinary");
  await judgeAll(anna, "write-recipients");
  for (const address of ["procura@", "ordinario@posta.example"]) {
    await anna.click(`[data-address="${address}"] .chip-remove`);
  }
  await anna.fill("#subject", SUBJECT);
  await anna.fill("#body", "Buongiorno,\n\nin allegato la richiesta. Perché è urgente, resto in attesa.\n\nAnna Bianchi");
  // It saves itself.
  await anna.waitForFunction(() => document.querySelector("[data-saved]").textContent.length > 0);
  // A file that is promised is missed once.
  await anna.click("button[value=send]");
  await anna.waitForSelector("#forgotten:not([hidden])");
  await anna.setInputFiles("#files", [
    { name: "richiesta.txt", mimeType: "text/plain", buffer: Buffer.from("documento di prova") },
  ]);
  // What is still on its way is waited for.
  await anna.waitForSelector(".attachment[data-size]");
  const writing = anna.url();
  await anna.click("button[value=send]");
  await anna.waitForSelector(".list");
  must((await anna.locator(".row").count()) === 1, "the sent message is not listed");

  // Back, and send again: it went once.
  await anna.goto(writing);
  must(await anna.locator("text=Questa bozza non c’è più").count(), "a message that was sent can be sent again");
  await look(anna, "sent-already");

  // What became of it, for each recipient.
  await anna.goto(ALFA);
  await anna.click("text=Inviata");
  await until(anna, ".mark-failed");
  await judgeAll(anna, "sent");
  await anna.click(".row-link");
  await anna.waitForSelector(".trip");
  const trip = await anna.textContent(".trip");
  must(trip.includes("consegnata") && trip.includes("L’indirizzo non esiste"), `the trip says: ${trip}`);
  for (const fold of await anna.locator("details.receipts > summary").all()) await fold.click();
  await judgeAll(anna, "trip");
  await anna.click("a[href*='/f/']:text-is('Ricevuta di accettazione')");
  await anna.waitForSelector(".banner-good");
  await judge(anna, "receipt");
  await anna.goto(ALFA);
  await judgeAll(anna, "inbox");
  await anna.click("text=Ricevute");
  await judge(anna, "inbox-receipts");

  // On a telephone: found, read, proved, answered.
  const mario = await person(browser, PHONE);
  await enter(mario, BETA, MARIO, MARIO_PASSWORD);
  await until(mario, ".row-link");
  must((await mario.locator(".mark-certified").count()) === 1, "what came is not marked as certified");
  await mario.click(".row-link");
  await mario.waitForSelector(".banner-good");
  await judgeAll(mario, "message");
  const said = await mario.textContent(".message-body");
  must(said.includes("Perché è urgente"), `the original says: ${said}`);
  const [file] = await Promise.all([
    mario.waitForEvent("download"),
    mario.click(".attachment-actions a[href$='/a/2']"),
  ]);
  must(file.suggestedFilename() === "richiesta.txt", `the file is called ${file.suggestedFilename()}`);
  await mario.click("text=Rispondi");
  must((await mario.inputValue("#subject")) === `Re: ${SUBJECT}`, "an answer has not its subject");
  await judge(mario, "answer");

  // Without scripts everything works.
  const plain = await person(browser, DESK, { javaScriptEnabled: false });
  await enter(plain, BETA, MARIO, MARIO_PASSWORD);
  await plain.click(".row-link");
  await plain.click("text=Rispondi");
  await plain.fill("#body", "Ricevuto. Cordiali saluti.");
  await look(plain, "answer-without-scripts");
  await plain.click("button[value=send]");
  await plain.waitForSelector(".row");
  must((await plain.textContent(".row")).includes(`Re: ${SUBJECT}`), "the answer is not listed");

  // Its sender hears of it without doing anything.
  await anna.goto(`${ALFA}/`);
  await anna.click("text=Tutti");
  await until(anna, `.mark-certified`);
  must((await anna.textContent(".rows")).includes("Re: "), "the answer does not come");

  // Searching, sessions, history, the verifier, the other language, the way out.
  await anna.fill("#q", "urgente");
  await anna.press("#q", "Enter");
  await until(anna, ".row");
  await judge(anna, "search");
  await anna.goto(`${ALFA}/c/${ANNA}/cerca?q=introvabile`);
  await judge(anna, "search-nothing");
  await anna.goto(`${ALFA}/accessi`);
  await judgeAll(anna, "sessions");
  await anna.goto(`${ALFA}/c/${ANNA}/accessi`);
  await judge(anna, "history");
  await anna.goto(`${ALFA}/verifica`);
  await judgeAll(anna, "verifier");
  await anna.setInputFiles("#proof", await file.path().then(() => file.path()));
  await anna.waitForSelector(".verdict");
  await judge(anna, "verifier-plain");
  await anna.goto(`${ALFA}/c/${ANNA}/f/999999`);
  must(await anna.locator("h1").count(), "what is not there has no page");
  await judge(anna, "not-found");
  await anna.goto(ALFA);
  await anna.click("details.user > summary");
  await judge(anna, "menu");
  await anna.click("text=English");
  await anna.waitForSelector("text=Inbox");
  await judge(anna, "inbox-english");

  // A login that is ended elsewhere is over here, and says so.
  const other = await person(browser, DESK);
  await enter(other, ALFA, ANNA, ANNA_PASSWORD);
  await other.waitForSelector(".list");
  await other.goto(`${ALFA}/accessi`);
  await other.click("button.btn-danger");
  await other.waitForSelector("table");
  await anna.goto(`${ALFA}/c/${ANNA}`);
  await anna.waitForSelector("#password");
  must((await anna.textContent("main")).includes("session is over"), "who was logged out is not told");
  await other.click("details.user > summary");
  await other.click("text=Esci");
  await other.waitForSelector("text=Sei uscito");
} catch (error) {
  fault(error.stack);
}
await end(browser);
