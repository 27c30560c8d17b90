// What is attached, looked at by who got it: signed files with their signers, an invoice, an archive, a receipt.
import { DESK, PHONE, end, enter, fault, judge, judgeAll, must, person, start, until } from "./browser.mjs";

const { BETA, MARIO, MARIO_PASSWORD, CONTRACT, HOURS } = process.env;
const browser = await start();

/** Saves what a link gives, under its own name. */
async function save(page, selector, name, path) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
  must(file.suggestedFilename() === name, `the file is called ${file.suggestedFilename()}, not ${name}`);
  await file.saveAs(path);
}

try {
  const mario = await person(browser, DESK);
  await enter(mario, BETA, MARIO, MARIO_PASSWORD);
  await until(mario, ".row-link:has-text('documenti firmati')");
  await mario.click(".row-link:has-text('documenti firmati')");
  await mario.waitForSelector(".attachment");
  const message = mario.url();
  const cards = await mario.locator(".attachment").allTextContents();
  const card = (name) => cards.find((text) => text.includes(name)) ?? "";
  must(card("contratto.pdf.p7m").includes("Firmato da Avv. Maria Verdi"), `a card names no signer: ${cards}`);
  must(card("contratto.pdf.p7m").includes("la firma corrisponde"), `a card does not say that the signature fits: ${cards}`);
  must(card("alterato.pdf.p7m").includes("Dice di essere firmato da"), `a card names who has not signed this: ${cards}`);
  must(card("alterato.pdf.p7m").includes("modificato dopo la firma"), `a card does not say what was changed: ${cards}`);
  await judgeAll(mario, "attachments-message");
  const opened = async (name) => {
    await mario.goto(message);
    await mario.click(`.attachment:has-text('${name}') a[href$='/vedi']`);
    await mario.waitForSelector("h1");
    return mario.textContent("main");
  };

  // A signed document: its signer, and what is inside.
  const contract = await opened("contratto.pdf.p7m");
  for (const words of ["Avv. Maria Verdi", "VRDMRA80A41H501P", "la firma corrisponde al contenuto", "Non è verificato se il certificato"]) {
    must(contract.includes(words), `a signed file does not say: ${words}`);
  }
  await judgeAll(mario, "attachments-signed");
  await save(mario, ".attachment a[href$='/dentro']", "contratto.pdf", CONTRACT);
  const inside = await mario.getAttribute(".attachment a[href$='?apri=1']", "href");
  const reply = await mario.request.get(new URL(inside, BETA).href);
  must(reply.headers()["content-type"] === "application/pdf", `inside is ${reply.headers()["content-type"]}`);
  must(reply.headers()["content-security-policy"]?.startsWith("default-src 'none'"), "what is inside may do things");

  const changed = await opened("alterato.pdf.p7m");
  must(changed.includes("Il contenuto è stato modificato dopo la firma"), `what was changed is not said: ${changed}`);
  must(await mario.locator(".verdict-bad").count(), "what was changed looks good");
  must((await mario.textContent(".message-bar")).includes("documenti firmati"), "nothing leads back to the message");
  await judge(mario, "attachments-changed");

  // An invoice inside a signature.
  const invoice = await opened("IT01234567890_00001.xml.p7m");
  for (const words of [
    "Avv. Maria Verdi", "Fattura n. 12/PA", "19 gennaio 2026", "1.222,00 EUR", "Pulizie Alfa & Figli S.r.l.", "Comune di Beta",
    "IT60X0542811101000000123456", "28 febbraio 2026", "Bonifico", "scissione dei pagamenti", "l’originale, che vale per legge, è il file XML",
  ]) {
    must(invoice.includes(words), `the invoice does not say: ${words}`);
  }
  await judgeAll(mario, "attachments-invoice");
  await mario.emulateMedia({ media: "print" });
  await judge(mario, "attachments-invoice-print");
  await mario.emulateMedia({ media: "screen" });
  await save(mario, "a[href$='/dentro/0/0']", "ore.txt", HOURS);

  // An archive, of which nothing is unpacked.
  const archive = await opened("progetto.zip");
  must(archive.includes("pianta/piano terra.dxf") && archive.includes("Contiene 2 elementi"), `the archive says: ${archive}`);
  must((await mario.locator(".mark-failed").count()) === 1, "a bomb is not marked, or something else is");
  await judgeAll(mario, "attachments-archive");

  // A receipt, judged like one that came.
  const receipt = await opened("consegna.eml");
  must(receipt.includes("primo"), `the receipt says: ${receipt}`);
  must((await mario.locator(".banner-good").count()) === 1, "an attached receipt is not judged");
  await judgeAll(mario, "attachments-receipt");

  // On a telephone and in the other language.
  const phone = await person(browser, PHONE, { locale: "en-GB" });
  await enter(phone, BETA, MARIO, MARIO_PASSWORD);
  await phone.goto(message);
  await phone.click(".attachment:has-text('.xml.p7m') a[href$='/vedi']");
  await phone.waitForSelector("h1");
  must((await phone.textContent("main")).includes("Invoice no. 12/PA"), "the invoice is not read in English");
  await judge(phone, "attachments-invoice-english");

  // What is not there has no page.
  await mario.goto(`${message}/a/99/vedi`);
  must((await mario.textContent("h1")) === "Qui non c’è nulla", "a part that is not there has a page");
} catch (error) {
  fault(error.stack);
}
await end(browser);
