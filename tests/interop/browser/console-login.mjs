// Admins who sign in to the console at a sign-in service of another site, by real cookies and redirects.

import assert from "node:assert/strict";
import { run, scenario, stage } from "./harness.mjs";
import { inspect } from "./look.mjs";
import { expectPage } from "./steps.mjs";

/** The console has its style sheet from its own origin, and nothing else. */
const console_ = (person, options = {}) =>
  person({ expect: [/^loaded stylesheet http:\/\/127\.0\.0\.1:\d+\/console\/console\.css$/], ...options });

/** From the console to the page where a person says who they are. */
async function leave(page) {
  await page.goto(`${stage.admin}/console/`);
  await expectPage(page, "Sign in to the console");
  await page.getByRole("link", { name: "Sign in with Example staff" }).click();
  await expectPage(page, "Who are you?");
  assert.equal(new URL(page.url()).hostname, "localhost", "the sign-in service is on another site");
}

const be = (page, name) => page.getByRole("link", { name, exact: true }).click();

scenario("who is of the operators' group sees the tenants, and signs out", async (person) => {
  const { page, context } = await console_(person);
  await page.goto(`${stage.admin}/console/`);
  await inspect(page, "console-login-way-in");
  await leave(page);
  await be(page, "Ada Admin");
  await expectPage(page, "Organisations");
  await page.getByText("Ada Admin").waitFor();
  assert.equal(page.url(), `${stage.admin}/console/tenants`);
  await inspect(page, "console-login-tenants");
  const cookies = await context.cookies(stage.admin);
  assert.deepEqual(cookies.map(({ name, sameSite, httpOnly }) => [name, sameSite, httpOnly]), [
    ["tunnusconsole", "Strict", true],
  ]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expectPage(page, "Sign in to the console");
  await page.goto(`${stage.admin}/console/tenants`);
  await expectPage(page, "Sign in to the console");
});

scenario("an auditor reads, in Finnish", async (person) => {
  const { page } = await console_(person, { locale: "fi-FI" });
  await page.goto(`${stage.admin}/console/`);
  await page.getByRole("link", { name: "Kirjaudu palvelulla Example staff" }).click();
  await be(page, "Tuija Tarkastaja");
  await expectPage(page, "Organisaatiot");
  await page.getByText("Tuija Tarkastaja").waitFor();
  assert.equal(await page.getByRole("link", { name: "Uusi organisaatio" }).count(), 0);
});

scenario("whom no rule fits does not come in", async (person) => {
  const { page } = await console_(person, { tolerate: [403] });
  await leave(page);
  await be(page, "Eve Elsewhere");
  await expectPage(page, "No access to the console");
  await inspect(page, "console-login-no-role");
  await page.goto(`${stage.admin}/console/tenants`);
  await expectPage(page, "Sign in to the console");
});

scenario("who turns back finds the token's way", async (person) => {
  const { page } = await console_(person, { tolerate: [403] });
  await leave(page);
  await be(page, "Back");
  await expectPage(page, "Sign-in was cancelled");
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await page.getByLabel("Admin token").waitFor();
});

scenario("a stranger's return, and one's own a second time, sign nobody in", async (person) => {
  const { page: stranger } = await console_(person);
  const { page: victim } = await console_(person, { tolerate: [400] });
  await leave(stranger);
  const returned = stranger.waitForRequest((request) => request.url().includes("/console/sign-in/return?"));
  // The stranger keeps the return for somebody else.
  await stranger.route("**/console/sign-in/return?*", (route) => route.abort());
  await be(stranger, "Ada Admin");
  const link = (await returned).url();
  await leave(victim);
  await victim.goto(link);
  await expectPage(victim, "This sign-in cannot be finished here");
  await inspect(victim, "console-login-unknown");
  await victim.goto(`${stage.admin}/console/tenants`);
  await expectPage(victim, "Sign in to the console");
});

await run();
