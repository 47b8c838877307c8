// A browser that takes no cookies: nobody is identified, and the person is told.

import assert from "node:assert/strict";
import { withApp } from "./app.mjs";
import { run, scenario } from "./harness.mjs";
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

await run({ profile: { default_content_setting_values: { cookies: 2 } } });
