// Every page, for everybody: in three languages, light and dark, on a phone, at 400 %, by keyboard
// alone, and without script.

import assert from "node:assert/strict";
import { CALL_CENTRE, rest, withApp } from "./app.mjs";
import { broker, KINDS, NOTICES, pass, picture, run, scenario, stage, withFault, withPause } from "./harness.mjs";
import { inspect, tabTo } from "./look.mjs";
import { choice, connection, expectPage, expectRecord, logIn, openChooser, reachBank, visitShop } from "./steps.mjs";

/** What the pages say in each language. */
const LANGUAGES = [
  {
    locale: "en-GB",
    chooser: "Choose how to identify yourself",
    back: "Back to Example shop",
    disturbed: "This way is disturbed right now",
  },
  {
    locale: "fi-FI",
    chooser: "Valitse tunnistautumistapa",
    back: "Palaa palveluun Esimerkkikauppa",
    disturbed: "Tässä tavassa on nyt häiriö",
  },
  {
    locale: "sv-FI",
    chooser: "Välj hur du vill identifiera dig",
    back: "Tillbaka till Exempelbutiken",
    disturbed: "Det här sättet är stört just nu",
  },
];

const title = (page) => page.locator("h1#title");

/** A page of ours in the language of the scenario; its colours are the same in each. */
async function shows(page, language, name) {
  await title(page).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), language.locale.slice(0, 2), name);
  const schemes = language === LANGUAGES[0] ? undefined : ["light"];
  await inspect(page, `${name}-${language.locale.slice(0, 2)}`, { schemes });
}

/** The door of a login whose result the app polls. */
async function polled() {
  const { url } = await rest(CALL_CENTRE, "POST", "identifications", { connection: "ftn" });
  return url;
}

for (const language of LANGUAGES) {
  scenario(`${language.locale}: chooser, failures and ways back`, async (person) => {
    const { page } = await person({ locale: language.locale, tolerate: [400, 404, 502] });
    await visitShop(page);
    await page.getByRole("link", { name: "Identify yourself" }).click();
    await page.getByRole("heading", { name: language.chooser }).waitFor();
    await shows(page, language, "chooser");
    const chooser = page.url();
    await withFault("temporarily_unavailable", async () => {
      await page.locator(".choice").first().click();
      await reachBank(page);
      await logIn(page);
      await shows(page, language, "unavailable");
    });
    await page.getByRole("link", { name: language.back }).click();
    await page.getByRole("heading", { name: "Not identified" }).waitFor();
    await page.goto(chooser);
    await shows(page, language, "used");
    await page.goto(`${broker}/nothing`);
    await shows(page, language, "unknown");
  });

  scenario(`${language.locale}: a paused connection says why and leads nowhere`, async (person) => {
    const { page } = await person({ locale: language.locale });
    const notice = NOTICES[language.locale.slice(0, 2)];
    await withPause(["ftn"], async () => {
      await visitShop(page);
      await page.getByRole("link", { name: "Identify yourself" }).click();
      await page.getByRole("heading", { name: language.chooser }).waitFor();
      const paused = page.locator(".choice", { hasText: notice });
      assert.equal(await paused.getAttribute("aria-disabled"), "true");
      assert.equal(await paused.getAttribute("href"), null);
      await shows(page, language, "paused");
    });
    await withPause(stage.connections.map(({ id }) => id), async () => {
      await page.reload();
      await page.getByText(notice).first().waitFor();
      await shows(page, language, "all-paused");
      await page.locator(".leave").click();
      await page.getByRole("heading", { name: "Not identified" }).waitFor();
      assert.match(await page.content(), /connection_paused/u);
    });
  });

  scenario(`${language.locale}: a disturbed connection says so and may be chosen`, async (person) => {
    const { page } = await person({ locale: language.locale, tolerate: [502, 503] });
    await withFault("par_server_error", async () => {
      for (let failures = 0; failures < 5; failures += 1) {
        await page.goto(await polled());
        await page.locator(".button").click();
        await title(page).waitFor();
      }
    });
    await visitShop(page);
    await page.getByRole("link", { name: "Identify yourself" }).click();
    await page.getByRole("heading", { name: language.chooser }).waitFor();
    const disturbed = page.getByRole("link", { name: language.disturbed });
    assert.equal(await disturbed.count(), 1);
    await shows(page, language, "disturbed");
    await pass(130);
    await disturbed.click();
    await reachBank(page);
  });

  scenario(`${language.locale}: a login by link, finished and cancelled`, async (person) => {
    const { page } = await person({ locale: language.locale });
    for (const end of ["done", "not-done"]) {
      await page.goto(await polled());
      if (end === "done") await shows(page, language, "landing");
      await page.locator(".button").click();
      await reachBank(page);
      if (end === "done") await logIn(page);
      else await page.getByRole("button", { name: "Cancel" }).click();
      await shows(page, language, end);
    }
  });
}

scenario("the page that posts itself has a button, should nothing happen", (person) =>
  withApp(async (app) => {
    const { page } = await person();
    await page.goto(app.address({ response_mode: "form_post", connection: "ftn" }));
    await reachBank(page);
    // An answer without content leaves the browser where it is.
    await page.route(`${app.url}/answer`, (route) => route.fulfill({ status: 204 }), { times: 1 });
    await logIn(page);
    await expectPage(page, "One moment, please");
    await inspect(page, "self-post");
    await page.getByRole("button", { name: "Continue" }).click();
    await expectPage(page, "Answered");
  }),
);

scenario("the pages about the codes", async (person) => {
  const { page } = await person();
  await page.goto(`${broker}/errors`);
  await expectPage(page, "Error codes");
  await inspect(page, "codes");
  await page.getByRole("link", { name: "flow_expired" }).click();
  await expectPage(page, "flow_expired");
  await inspect(page, "code");
});

scenario("the demo shop, the banks and the account selector", async (person) => {
  const { page } = await person();
  await visitShop(page);
  await inspect(page, "shop");
  await openChooser(page);
  await choice(page, "idpartner").click();
  await page.locator('button[name="bank"]').first().waitFor();
  await inspect(page, "selector");
  await reachBank(page);
  await inspect(page, "bank");
  await logIn(page);
  await expectRecord(page, "idpartner");
  await inspect(page, "shop-identified");
  await openChooser(page);
  await page.getByRole("link", { name: "Cancel and go back to Example shop" }).click();
  await page.getByRole("heading", { name: "Not identified" }).waitFor();
  await inspect(page, "shop-not-identified");
});

scenario("by keyboard alone, from the shop and back", async (person) => {
  const { page } = await person();
  for (const id of ["ftn", "idpartner"]) {
    await visitShop(page);
    await tabTo(page, "link", "Identify yourself");
    await page.keyboard.press("Enter");
    await tabTo(page, "link", connection(id).name);
    await picture(page, "chooser-focus");
    await page.keyboard.press("Enter");
    if (id === "idpartner") {
      await page.locator('button[name="bank"]').first().waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
    }
    await page.locator('button[name="persona"]').first().waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expectRecord(page, id);
  }
  await openChooser(page);
  await tabTo(page, "link", "Cancel and go back to Example shop");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Not identified" }).waitFor();
  await page.goto(await polled());
  await tabTo(page, "link", "Continue");
  await page.keyboard.press("Enter");
  await reachBank(page);
});

for (const id of KINDS) {
  scenario(`${id}: without script, by the buttons that one sees`, (person) =>
    withApp(async (app) => {
      const { page } = await person({ javaScriptEnabled: false });
      await page.goto(app.address({ response_mode: "form_post", connection: id }));
      const button = page.getByRole("button", { name: "Continue" });
      const bank = page.locator('button[name="bank"]');
      const persona = page.locator('button[name="persona"]');
      for (let clicks = 0; clicks < 8 && app.answers.length === 0; clicks += 1) {
        const answered = page.getByRole("heading", { name: "Answered" });
        await answered.or(button).or(bank).or(persona).first().waitFor();
        if ((await answered.count()) === 0) await button.or(bank).or(persona).first().click();
      }
      await expectPage(page, "Answered");
      assert.equal((await app.redeem(app.answer().params.code)).connection, id);
    }),
  );
}

await run();
