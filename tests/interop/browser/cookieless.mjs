// A browser that takes no cookies: nobody is identified, and the person is told.

import assert from "node:assert/strict";
import { rest, SHOP, withApp } from "./app.mjs";
import { run, scenario } from "./harness.mjs";
import { inspect } from "./look.mjs";
import { expectPage, logIn, reachBank } from "./steps.mjs";

scenario("over OpenID Connect the login ends on a page, and the app gets no code", (person) =>
  withApp(async (app) => {
    const { page } = await person({ tolerate: [400] });
    await page.goto(app.address({ connection: "ftn" }));
    await reachBank(page);
    await logIn(page);
    await expectPage(page, "This identification was started in another browser");
    assert.deepEqual(app.answers, []);
  }),
);

scenario("over REST the door says so, and may be tried again", (person) =>
  withApp(async (app) => {
    const { page } = await person({ tolerate: [400] });
    const { id, url } = await app.begin("ftn");
    await page.goto(url);
    await expectPage(page, "Your browser does not keep cookies");
    await inspect(page, "without-cookies");
    await page.getByRole("link", { name: "Try again" }).click();
    await expectPage(page, "Your browser does not keep cookies");
    assert.equal((await rest(SHOP, "GET", `identifications/${id}`)).status, "pending");
  }),
);

await run({ profile: { default_content_setting_values: { cookies: 2 } } });
