// Mails that attack their reader, each opened in its page: nothing of them runs, and nothing is asked of anybody else before the
// reader wants it.
import { DESK, end, enter, fault, must, person, start } from "./browser.mjs";

const { ALFA, ANNA, ANNA_PASSWORD, ATTACKS } = process.env;
const FRAME = "allow-popups allow-popups-to-escape-sandbox";
const browser = await start();
try {
  const anna = await person(browser, DESK);
  const elsewhere = [];
  await anna.context().route(
    (url) => url.origin !== ALFA,
    (route) => {
      elsewhere.push({ page: anna.url(), url: route.request().url(), kind: route.request().resourceType() });
      // What comes is a picture, whatever was asked for.
      return route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
    },
  );
  anna.on("dialog", (dialog) => {
    fault(`${anna.url()}: a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  anna.context().on("page", (page) => {
    if (page !== anna) fault(`${anna.url()}: a window opens: ${page.url()}`);
  });

  await enter(anna, ALFA, ANNA, ANNA_PASSWORD);
  await anna.waitForSelector(".row-link");
  const links = await anna.locator(".row-link").evaluateAll((all) => all.map((link) => link.href));
  must(links.length === Number(ATTACKS), `${links.length} of ${ATTACKS} attacks came`);
  const [framed, pictured] = [[], []];
  for (const link of links) {
    await anna.goto(link);
    await anna.evaluate(() => (window.untouched = true));
    const title = await anna.title();
    for (const frame of await anna.locator("iframe").all()) {
      const sandbox = await frame.getAttribute("sandbox");
      must(sandbox === FRAME, `${link}: a frame with sandbox ${sandbox}`);
      const inner = await (await frame.elementHandle()).contentFrame();
      await inner.waitForLoadState("load");
      framed.push(inner.url());
    }
    must(anna.url() === link, `${link} leads to ${anna.url()}`);
    must(await anna.evaluate(() => window.untouched === true), `${link}: the page was loaded again`);
    must((await anna.title()) === title, `${link}: the title is another`);
    if (await anna.locator("a[href='?immagini=1']").count()) pictured.push(link);
  }
  must(framed.length > links.length - 5, `only ${framed.length} of ${links.length} are shown as pages`);
  // Its own address, opened as a page, is as inert as its frame.
  for (const address of framed) {
    await anna.goto(address);
    must(anna.url() === address, `${address} leads to ${anna.url()}`);
  }
  must(elsewhere.length === 0, `asked for before the reader wants it: ${JSON.stringify(elsewhere)}`);

  must(pictured.length > 2, `only ${pictured.length} offer their pictures`);
  for (const link of pictured) {
    await anna.goto(link);
    await anna.click("text=Carica le immagini");
    await anna.waitForSelector("iframe.foreign");
    const inner = await (await anna.locator("iframe.foreign").elementHandle()).contentFrame();
    await inner.waitForLoadState("load");
  }
  must(elsewhere.length > 0, "wanted pictures are not asked for");
  const others = elsewhere.filter(({ kind }) => kind !== "image");
  must(others.length === 0, `more than pictures is asked for: ${JSON.stringify(others)}`);
} catch (error) {
  fault(error.stack);
}
await end(browser);
