// What is sent twice, late, in another order or not at all: the browser delivers at least once.

import assert from "node:assert/strict";
import { withApp } from "./app.mjs";
import { KINDS, pass, picture, run, scenario, stage, withFault } from "./harness.mjs";
import {
  backTo,
  begin,
  choice,
  expectError,
  expectPage,
  expectRecord,
  holdReturn,
  identify,
  logIn,
  openChooser,
  personas,
  reachBank,
} from "./steps.mjs";

/** Longer than a login may take, in seconds. */
const TOO_LATE = 11 * 60;
/** Longer than anything is remembered, in seconds. */
const FORGOTTEN = 60 * 60;

for (const id of KINDS) {
  scenario(`${id}: a double click wherever one can click`, async (person) => {
    const { page } = await person();
    await openChooser(page);
    await choice(page, id).dblclick();
    const bank = page.locator('button[name="bank"]');
    await personas(page).or(bank).first().waitFor();
    if (await bank.first().isVisible()) await bank.first().dblclick();
    await personas(page).first().dblclick();
    await expectRecord(page, id);
  });

  scenario(`${id}: a reload wherever one can reload`, async (person) => {
    const { page } = await person();
    await begin(page, id);
    const bank = page.locator('button[name="bank"]');
    await personas(page).or(bank).first().waitFor();
    await page.reload();
    await reachBank(page);
    await page.reload();
    const record = await identify(page, id);
    await page.reload();
    assert.deepEqual(await expectRecord(page, id), record);
  });
}

scenario("a double click on the shop's own links, over both faces", async (person) => {
  const { page } = await person();
  for (const face of ["OpenID Connect", "REST"]) {
    await page.goto(stage.demo);
    const item = page.getByRole("listitem").filter({ has: page.getByText("ftn", { exact: true }) });
    await item.getByRole("link", { name: face }).dblclick();
    await identify(page, "ftn");
  }
});

scenario("a double click on Cancel, at the bank and on the chooser", async (person) => {
  const { page } = await person();
  await begin(page, "ftn");
  await reachBank(page);
  await page.getByRole("button", { name: "Cancel" }).dblclick();
  await expectError(page, "user_cancelled");
  await openChooser(page);
  await page.getByRole("link", { name: "Cancel and go back to Example shop" }).dblclick();
  await expectError(page, "user_cancelled");
});

scenario("an answer that is lost on its way is given once more", async (person) => {
  const { page } = await person();
  for (const [id, face] of [
    ["ftn", "OpenID Connect"],
    ["idpartner", "REST"],
  ]) {
    await begin(page, id, face);
    await reachBank(page);
    const held = await holdReturn(page, "Response");
    const click = logIn(page);
    const address = await held.came();
    await held.drop();
    await click;
    await page.goto(address);
    await expectRecord(page, id);
  }
});

scenario("an answer of the chooser that is lost on its way is given once more", async (person) => {
  const { page } = await person();
  for (const [place, link, arrive] of [
    ["identify/*connection=ftn", choice(page, "ftn"), () => identify(page, "ftn")],
    ["identify/*abandon=*", page.getByRole("link", { name: /^Cancel/ }), () => expectError(page, "user_cancelled")],
  ]) {
    await openChooser(page);
    const held = await holdReturn(page, "Response", place);
    const click = link.click();
    await held.came();
    await held.drop();
    await click;
    await link.click();
    await arrive();
  }
});

scenario("a return that never arrived is simply sent again", async (person) => {
  const { page } = await person();
  await begin(page, "ftn");
  await reachBank(page);
  const held = await holdReturn(page);
  const click = logIn(page);
  const address = await held.came();
  await held.drop();
  await click;
  await page.goto(address);
  await expectRecord(page, "ftn");
});

scenario("a return opened again: for a minute the same result, then a page with the way home", async (person) => {
  const { page } = await person({ tolerate: [400] });
  await begin(page, "ftn");
  await reachBank(page);
  const held = await holdReturn(page);
  const click = logIn(page);
  const address = await held.came();
  await held.letGo();
  await click;
  const record = await expectRecord(page, "ftn");
  await pass(59);
  await page.goto(address);
  assert.deepEqual(await expectRecord(page, "ftn"), record);
  await pass(3);
  await page.goto(address);
  await expectPage(page, "This identification has already been used");
  await page.getByRole("link", { name: "Back to Example shop" }).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
});

scenario("from the result back to the bank, and forward again: the same result", async (person) => {
  // The bank's page says by itself that it was used.
  const { page } = await person({ tolerate: [400] });
  for (const id of ["ftn", "idpartner"]) {
    await begin(page, id);
    const record = await identify(page, id);
    await backTo(page, "/login");
    await page.goForward();
    assert.deepEqual(await expectRecord(page, id), record);
  }
});

scenario("from the result back to the chooser, and another bank: it has been used", async (person) => {
  const { page } = await person({ tolerate: [400] });
  await openChooser(page);
  await choice(page, "ftn").click();
  await identify(page, "ftn");
  await backTo(page, "/identify/");
  if ((await page.locator(".choice").count()) > 0) await choice(page, "mle").click();
  await expectPage(page, "This identification has already been used");
});

scenario("who comes back late is told so, and may try again", async (person) => {
  const { page } = await person();
  for (const face of ["OpenID Connect", "REST"]) {
    await begin(page, "ftn", face);
    await reachBank(page);
    const held = await holdReturn(page);
    const click = logIn(page);
    await held.came();
    await pass(TOO_LATE);
    await held.letGo();
    await click;
    await expectError(page, "flow_expired");
    await begin(page, "ftn", face);
    await identify(page, "ftn");
  }
});

scenario("who comes back after everything is forgotten gets a page", async (person) => {
  const { page } = await person({ tolerate: [400] });
  await begin(page, "ftn");
  await reachBank(page);
  const held = await holdReturn(page);
  const click = logIn(page);
  await held.came();
  await pass(FORGOTTEN);
  await held.letGo();
  await click;
  await expectPage(page, "This identification is no longer open");
});

scenario("a choice that was made late, and one much too late", async (person) => {
  const { page } = await person({ tolerate: [400] });
  await openChooser(page);
  await pass(16 * 60);
  await choice(page, "ftn").click();
  await expectError(page, "flow_expired");
  await openChooser(page);
  await pass(FORGOTTEN);
  await choice(page, "ftn").click();
  await expectPage(page, "This identification is no longer open");
});

scenario("a browser that was closed at the bank and restores its tab", async (person) => {
  const { page, context } = await person();
  await begin(page, "ftn");
  await reachBank(page);
  const address = page.url();
  const storageState = await context.storageState();
  await context.close();
  const restored = await person({ storageState });
  await restored.page.goto(address);
  await logIn(restored.page);
  await expectRecord(restored.page, "ftn");
});

scenario("an answer by form, across sites, whatever it says", (person) =>
  withApp(async (app) => {
    const { page } = await person();
    for (const connection of ["ftn", "idpartner"]) {
      await page.goto(app.address({ response_mode: "form_post", connection }));
      await reachBank(page);
      await logIn(page);
      await expectPage(page, "Answered");
      const { method, params } = app.answer();
      assert.equal(method, "POST");
      assert.equal((await app.redeem(params.code)).connection, connection);
      assert.ok(!page.url().includes("code="), page.url());
    }
    await page.goto(app.address({ response_mode: "form_post", connection: "ftn" }));
    await reachBank(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expectPage(page, "Refused");
    assert.equal(app.answer().method, "POST");
    assert.match(app.answer().params.error_description, /^user_cancelled /);
  }),
);

scenario("the same return twice while the first is at work: a page that goes on by itself", async (person) => {
  const someone = await person({ tolerate: [502] });
  const { page } = someone;
  await openChooser(page);
  await choice(page, "ftn").click();
  await reachBank(page);
  await withFault("token_slow", async () => {
    const held = await holdReturn(page);
    const click = logIn(page);
    const address = await held.came();
    await held.letGo();
    const second = await someone.tab();
    await second.goto(address);
    await expectPage(second, "One moment, please");
    await picture(second, "working");
    await click;
    for (const tab of [page, second]) {
      await expectPage(tab, "The identification service you chose does not answer");
    }
  });
});

await run();
