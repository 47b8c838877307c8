// Several logins in one browser: each tab ends where it began.

import assert from "node:assert/strict";
import { CALL_CENTRE, rest, withApp } from "./app.mjs";
import { inspect } from "./look.mjs";
import { KINDS, run, scenario } from "./harness.mjs";
import { begin, choice, expectPage, expectRecord, identify, logIn, openChooser, reachBank } from "./steps.mjs";

/** How many logins a browser may have open. */
const ATTEMPTS_MAX = 8;

for (const id of KINDS) {
  scenario(`${id}: two tabs of one app, and the second comes back first`, async (person) => {
    const someone = await person();
    const [first, second] = [someone.page, await someone.tab()];
    for (const [tab, face] of [
      [first, "OpenID Connect"],
      [second, "REST"],
    ]) {
      await begin(tab, id, face);
      await reachBank(tab);
    }
    for (const tab of [second, first]) {
      await logIn(tab);
      await expectRecord(tab, id);
    }
  });
}

scenario("two tabs on the account selector: the person says which app it was for", async (person) => {
  const someone = await person();
  const [shop, centre] = [someone.page, await someone.tab()];
  const { id, url } = await rest(CALL_CENTRE, "POST", "identifications", { connection: "idpartner" });
  await begin(shop, "idpartner");
  await centre.goto(url);
  await centre.getByRole("link", { name: "Continue" }).click();
  for (const tab of [shop, centre]) await tab.locator('button[name="bank"]').first().waitFor();
  await centre.locator('button[name="bank"]').first().click();
  await expectPage(centre, "Which identification do you want to continue?");
  await inspect(centre, "waiting");
  await centre.reload();
  await centre.getByRole("link", { name: "Call centre" }).click();
  await reachBank(centre);
  await logIn(centre);
  await expectPage(centre, "You have been identified");
  const { status, identity } = await rest(CALL_CENTRE, "GET", `identifications/${id}`);
  assert.deepEqual([status, identity?.binding], ["completed", "none"]);
  // Only one is left: nothing is asked any more.
  await identify(shop, "idpartner");
});

scenario("two apps on two sites, over several connections at once", (person) =>
  withApp(async (app) => {
    const someone = await person();
    const tabs = [];
    for (const id of ["ftn", "mle", "oidc", "idpartner-mtls"]) {
      const tab = await someone.tab();
      await tab.goto(app.address({ connection: id }));
      await reachBank(tab);
      tabs.push([id, tab]);
    }
    await begin(someone.page, "ftn");
    await reachBank(someone.page);
    for (const [id, tab] of tabs.reverse()) {
      await logIn(tab);
      await expectPage(tab, "Answered");
      assert.equal((await app.redeem(app.answer().params.code)).connection, id);
    }
    await logIn(someone.page);
    await expectRecord(someone.page, "ftn");
  }),
);

scenario("one login in two tabs: the first to finish wins, the other gets a page", async (person) => {
  const someone = await person({ tolerate: [400] });
  const [first, second] = [someone.page, await someone.tab()];
  await openChooser(first);
  await second.goto(first.url());
  await choice(first, "ftn").click();
  await choice(second, "mle").click();
  await reachBank(first);
  await identify(second, "mle");
  await logIn(first);
  await expectPage(first, "This identification has already been used");
});

scenario("more logins than a browser may have open: the oldest gives way", (person) =>
  withApp(async (app) => {
    const someone = await person({ tolerate: [400] });
    const tabs = [];
    for (let count = 0; count <= ATTEMPTS_MAX; count += 1) {
      const tab = await someone.tab();
      await tab.goto(app.address({ connection: "oidc" }));
      await reachBank(tab);
      tabs.push(tab);
    }
    const [oldest, ...others] = tabs;
    await logIn(oldest);
    await expectPage(oldest, "This identification was started in another browser");
    for (const tab of [others.at(0), others.at(-1)]) {
      await logIn(tab);
      await expectPage(tab, "Answered");
    }
  }),
);

await run();
