// A new operator in the console: from the first token to a login, with no file edited and no restart.
// Then what the console is like for those who use it by keyboard, on a phone, or in other languages.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { withApp } from "./app.mjs";
import { picture, run, scenario, stage, withFault } from "./harness.mjs";
import { inspect, tabTo } from "./look.mjs";
import { expectPage, logIn, reachBank } from "./steps.mjs";

/** The console has its style sheet from its own origin, and nothing else. */
const console_ = (person, options = {}) =>
  person({ expect: [/^loaded stylesheet http:\/\/127\.0\.0\.1:\d+\/console\/console\.css$/], ...options });

const SAVED = { en: "Saved.", fi: "Tallennettu.", sv: "Sparat." };

async function signIn(page) {
  await page.goto(`${stage.admin}/console/`);
  await expectPage(page, "Sign in to the console");
  await page.getByLabel("Admin token").fill(stage.token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expectPage(page, "Organisations");
}

const tab = (page, name) =>
  page.getByRole("navigation", { name: "Pages of the organisation" }).getByRole("link", { name });

/** The input of a group by its label. */
const within = (page, group, label) => page.getByRole("group", { name: group, exact: true }).getByLabel(label);

const saved = (page, language = "en") => page.getByRole("status").filter({ hasText: SAVED[language] }).waitFor();

async function makeTenant(page) {
  await page.getByRole("link", { name: "New organisation" }).click();
  await expectPage(page, "New organisation");
  await page.getByLabel("Id (required)", { exact: true }).fill(stage.tenant);
  await within(page, "Name", "In Finnish").fill("Esimerkki Oy");
  await within(page, "Name", "In English").fill("Example Ltd");
  await inspect(page, "console-new-tenant");
  await page.getByRole("button", { name: "Create" }).click();
  await saved(page);
  await expectPage(page, "Example Ltd");
}

async function makeConnection(page) {
  await tab(page, "Connections").click();
  await page.getByRole("link", { name: "New connection" }).click();
  await expectPage(page, "New connection");
  await inspect(page, "console-providers");
  await page.getByRole("row", { name: /signicat-ftn/ }).getByRole("link").click();
  await page.getByLabel("Id (required)", { exact: true }).fill("ftn");
  await within(page, "Name on the chooser", "In English").fill("Banks and mobile certificate");
  // The issuer is forgotten: the form comes back with what was written, and says so.
  await page.getByLabel("Client id (required)").fill(stage.ftn.settings.client_id);
  await page.getByRole("button", { name: "Create" }).click();
  const summary = page.getByRole("alert").filter({ hasText: "Mend the following" });
  await summary.waitFor();
  await inspect(page, "console-faults");
  await summary.getByRole("link", { name: /Issuer/ }).first().click();
  const issuer = page.getByLabel("Issuer (required)", { exact: true });
  assert.ok(await issuer.evaluate((input) => input === document.activeElement), "the link leads to its input");
  assert.equal(await page.getByLabel("Client id (required)").inputValue(), stage.ftn.settings.client_id);
  await issuer.fill(stage.ftn.settings.issuer);
  await page.locator("summary", { hasText: "Keys and secrets" }).click();
  await within(page, "Signing keys", "New value").fill(stage.ftn.signing);
  await within(page, "Decryption keys", "New value").fill(stage.ftn.decryption);
  await page.getByRole("button", { name: "Create" }).click();
  await saved(page);
  await expectPage(page, "Banks and mobile certificate");
  await page.locator("summary", { hasText: "Keys and secrets" }).click();
  assert.equal(await page.getByText(/^Set at .* by bootstrap/).count(), 2);
  assert.ok(!(await page.content()).includes("PRIVATE KEY"), "a key came out");
  await inspect(page, "console-connection");
  await page.getByRole("link", { name: "Setup sheet" }).click();
  await expectPage(page, "Setup sheet");
  await page.getByText(`${stage.issuer}/return/ftn/callback`).first().waitFor();
  await inspect(page, "console-sheet");
  await page.goBack();
  await page.getByRole("button", { name: "Try this connection" }).click();
  await expectPage(page, "Findings");
  assert.equal(await page.getByRole("cell", { name: "Fault", exact: true }).count(), 0);
  await inspect(page, "console-findings");
}

/** Tries the connection until its report is open; the bank's page is answered as a person would. */
async function tryLogin(page) {
  await page.goto(`${stage.admin}/console/tenants/${stage.tenant}/connections/ftn`);
  await page.getByRole("link", { name: "Try a login" }).click();
  await expectPage(page, "Try a login");
  await page.getByRole("button", { name: "Begin the trial" }).click();
  await expectPage(page, "The trial is ready");
  await inspect(page, "console-trial-ready", { schemes: ["light"] });
  await page.getByRole("link", { name: "Go to the login" }).click();
  await expectPage(page, "Try a connection");
  await inspect(page, "trial-before", { schemes: ["light"] });
  await page.getByRole("link", { name: "Continue" }).click();
  await reachBank(page);
  const name = await logIn(page);
  await page.getByRole("link", { name: "To the report" }).waitFor();
  await inspect(page, "trial-after", { schemes: ["light"] });
  await page.getByRole("link", { name: "To the report" }).click();
  await expectPage(page, "Report of the trial");
  assert.ok(!(await page.content()).includes(name), "the report names the person");
}

async function makeApp(page, redirectUri) {
  await tab(page, "Apps").click();
  await page.getByRole("link", { name: "New app" }).click();
  await expectPage(page, "New app");
  await page.getByLabel("Id (required)", { exact: true }).fill("shop");
  await within(page, "Name", "In English").fill("Web shop");
  await page.getByLabel("Redirect URIs (OpenID Connect)").fill(redirectUri);
  await page.getByLabel("Claims").fill("name.full\nbirth_date");
  await inspect(page, "console-new-app");
  await page.getByRole("button", { name: "Create" }).click();
  await saved(page);
  const secret = await page.locator("figure", { hasText: "Client secret" }).locator("code").innerText();
  await inspect(page, "console-app");
  await page.reload();
  await expectPage(page, "Web shop");
  assert.ok(!(await page.content()).includes(secret), "the secret is shown again");
  return secret;
}

/** The claims of the one who has logged in at the app. */
async function claimsOf(app, code, secret) {
  const form = { grant_type: "authorization_code", code, redirect_uri: `${app.url}/answer`, code_verifier: app.verifier };
  const authorization = `Basic ${Buffer.from(`shop:${secret}`).toString("base64")}`;
  const body = new URLSearchParams(form);
  const tokens = await fetch(`${stage.issuer}/token`, { method: "POST", headers: { authorization }, body });
  const { access_token, ...rest } = await tokens.json();
  assert.ok(access_token, JSON.stringify(rest));
  const bearer = { authorization: `Bearer ${access_token}` };
  return (await fetch(`${stage.issuer}/userinfo`, { headers: bearer })).json();
}

scenario("from the first token to a login, with no file edited and no restart", (person) =>
  withApp(async (app) => {
    const { page } = await console_(person, { tolerate: [422] });
    await page.goto(`${stage.admin}/console/`);
    await inspect(page, "console-sign-in");
    await signIn(page);
    await inspect(page, "console-tenants");
    await makeTenant(page);
    await inspect(page, "console-tenant");
    await makeConnection(page);
    const secret = await makeApp(page, `${app.url}/answer`);
    await page.goto(app.address({ client_id: "shop", scope: "openid profile" }));
    await reachBank(page);
    const name = await logIn(page);
    await expectPage(page, "Answered");
    const claims = await claimsOf(app, app.answer().params.code, secret);
    assert.equal(claims.name, name);
    await page.goto(`${stage.admin}/console/tenants/${stage.tenant}`);
    await tab(page, "Identifications").click();
    await page.getByRole("cell", { name: "completed" }).waitFor();
    await inspect(page, "console-identifications");
    await tab(page, "Keys").click();
    await page.getByRole("cell", { name: "In use" }).first().waitFor();
    await inspect(page, "console-keys");
    await tab(page, "Audit trail").click();
    await page.getByText("identification_finished").waitFor();
    await inspect(page, "console-audit");
  }),
);

scenario("a login is tried before any app has the connection, and a faulty one says what helps", async (person) => {
  const { page } = await console_(person);
  await signIn(page);
  await tryLogin(page);
  await page.getByText("The login succeeded.").waitFor();
  await page.getByRole("row", { name: /name\.full/ }).getByText("Yes").first().waitFor();
  await inspect(page, "console-trial-report");
  await withFault("id_token_nonce_other", async () => {
    await tryLogin(page);
    await page.getByText("The login failed.").waitFor();
    await page.getByText("ask the upstream why it does not return the nonce").waitFor();
    await inspect(page, "console-trial-failed");
  });
  for (const [name, language] of [["Suomi", "fi"], ["Svenska", "sv"]]) {
    const report = page.url();
    await page.getByRole("link", { name }).click();
    await page.goto(report);
    await inspect(page, `console-trial-failed-${language}`, { schemes: ["light"] });
  }
});

/** What a link has the browser keep: its name, and what it holds. */
async function kept(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name, exact: true }).click()]);
  return [download.suggestedFilename(), readFileSync(await download.path(), "utf8")];
}

/** The fact of this name on a page. */
const fact = (page, name) => page.locator("dl > div").filter({ has: page.locator(`dt:text-is("${name}")`) }).locator("dd");

scenario("a key's whole life", async (person) => {
  const { page } = await console_(person, { tolerate: [422] });
  await signIn(page);
  const keys = `${stage.admin}/console/tenants/${stage.tenant}/keys`;
  await page.goto(keys);
  await page.getByRole("link", { name: "New key" }).click();
  await expectPage(page, "New key");
  await inspect(page, "console-new-key", { schemes: ["dark"] });
  await page.getByLabel("Whose").selectOption("ftn");
  await page.getByLabel("Kind").selectOption("rsa2048");
  await page.getByRole("button", { name: "New key" }).click();
  await expectPage(page, "Signing: ftn");
  await saved(page);
  const first = page.url().split("?")[0];
  await inspect(page, "console-key");
  const [name, jwk] = await kept(page, "Download JWK");
  assert.match(name, /^[\w.-]+\.jwk\.json$/);
  assert.equal(JSON.parse(jwk).kty, "RSA");
  assert.ok(!("d" in JSON.parse(jwk)), "a private key was kept");
  await page.getByLabel("Good at the provider until").fill("2030-01-31");
  await page.getByRole("button", { name: "Registered at the provider" }).click();
  await saved(page);
  await page.getByText("In use", { exact: true }).waitFor();
  assert.equal(await fact(page, "Ends").innerText(), "2030-01-31");
  await page.getByRole("link", { name: "Rotate" }).click();
  await inspect(page, "console-rotate", { schemes: ["light"] });
  await page.getByRole("button", { name: "Rotate" }).click();
  await saved(page);
  assert.notEqual(page.url().split("?")[0], first, "another key follows");
  await page.getByRole("button", { name: "Registered at the provider" }).click();
  await saved(page);
  await page.goto(first);
  await page.getByText("Replaced", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Retire" }).click();
  await page.getByText("is not verified yet is refused").waitFor();
  await inspect(page, "console-retire", { schemes: ["light"] });
  await page.getByRole("button", { name: "Retire" }).click();
  await page.getByText("Retired", { exact: true }).waitFor();
  await page.goto(keys);
  await page.getByRole("link", { name: "Take in a key" }).click();
  await page.getByLabel("Whose").selectOption("ftn");
  await page.getByLabel("Purpose").selectOption("decryption");
  const made = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const pem = Buffer.from(made.export({ type: "pkcs8", format: "pem" }));
  await page.getByRole("button", { name: "Take in a key" }).click();
  await page.getByRole("alert").filter({ hasText: "Mend the following" }).waitFor();
  await inspect(page, "console-import");
  await page.getByLabel("File").setInputFiles({ name: "key.pem", mimeType: "application/x-pem-file", buffer: pem });
  await page.getByRole("button", { name: "Take in a key" }).click();
  await expectPage(page, "Decryption: ftn");
  assert.ok(!(await page.content()).includes("PRIVATE KEY"), "a key came out");
  await page.goto(keys);
  await page.getByRole("link", { name: "Ask for a certificate" }).click();
  await page.getByLabel("Whose").selectOption("ftn");
  await page.getByLabel("Common name").fill("client-1");
  await page.getByRole("button", { name: "Ask for a certificate" }).click();
  await expectPage(page, "Client certificate: ftn");
  const [, request] = await kept(page, "Download the request");
  assert.match(request, /^-----BEGIN CERTIFICATE REQUEST-----/);
  await inspect(page, "console-request", { schemes: ["light"] });
  await page.goto(keys);
  await inspect(page, "console-all-keys");
});

scenario("a platform with two organisations and an app, of which one enables it", async (person) => {
  const { page } = await console_(person, { tolerate: [422] });
  await signIn(page);
  const areas = page.getByRole("navigation", { name: "Main pages" });
  await areas.getByRole("link", { name: "Platforms" }).click();
  await expectPage(page, "Platforms");
  await page.getByRole("link", { name: "New platform" }).click();
  await page.getByLabel("Id (required)", { exact: true }).fill("shops");
  await within(page, "Name", "In English").fill("Shops of Example");
  await page.getByRole("button", { name: "Create" }).click();
  await saved(page);
  await expectPage(page, "Shops of Example");
  await page.getByRole("link", { name: "New app of the platform" }).click();
  await page.getByLabel("Id (required)", { exact: true }).fill("checkout");
  await within(page, "Name", "In English").fill("Checkout");
  await page.getByLabel("Redirect URIs (OpenID Connect)").fill("https://checkout.example/cb");
  await inspect(page, "console-platform-app", { schemes: ["light"] });
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  await page.locator("figure", { hasText: "Client secret" }).waitFor();
  for (const id of ["north", "south"]) {
    await page.goto(`${stage.admin}/console/new-tenant`);
    await page.getByLabel("Id (required)", { exact: true }).fill(id);
    await within(page, "Name", "In English").fill(`Shop ${id}`);
    await page.getByLabel("Platform", { exact: true }).fill("shops");
    await page.getByRole("button", { name: "Create" }).click();
    await saved(page);
  }
  await page.getByRole("link", { name: "Aliases and apps of the platform" }).click();
  await page.getByRole("group", { name: "Apps of the platform" }).getByLabel("Id").first().fill("checkout");
  await inspect(page, "console-sharing");
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  await areas.getByRole("link", { name: "Platforms" }).click();
  await page.getByRole("link", { name: "shops" }).click();
  const row = page.getByRole("table", { name: "Apps of the platform" }).getByRole("row", { name: /checkout/ });
  assert.match(await row.innerText(), /south/);
  assert.doesNotMatch(await row.innerText(), /north/);
  await page.getByRole("cell", { name: "north" }).first().waitFor();
  await inspect(page, "console-platform");
});

scenario("the audit trail is checked, kept and counted", async (person) => {
  const { page } = await console_(person);
  await signIn(page);
  await page.goto(`${stage.admin}/console/tenants/${stage.tenant}/audit`);
  await inspect(page, "console-trail", { schemes: ["light"] });
  await page.getByRole("button", { name: "Check the trail" }).click();
  await expectPage(page, "Check of the audit trail");
  await page.getByText("Sound: nothing was changed").waitFor();
  await inspect(page, "console-verified");
  const [name, lines] = await kept(page, "Download the trail (JSON lines)");
  assert.equal(name, `audit-${stage.tenant}.jsonl`);
  for (const line of lines.trim().split("\n")) assert.ok(["event", "checkpoint"].includes(Object.keys(JSON.parse(line))[0]));
  await page.getByRole("link", { name: "Usage by month" }).click();
  await expectPage(page, "Usage by month");
  await page.getByRole("cell", { name: "ftn" }).first().waitFor();
  await inspect(page, "console-usage");
});

scenario("by keyboard alone", async (person) => {
  const { page } = await console_(person);
  await page.goto(`${stage.admin}/console/`);
  await tabTo(page, "textbox", "Admin token");
  await page.keyboard.type(stage.token);
  await page.keyboard.press("Enter");
  await expectPage(page, "Organisations");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await tabTo(page, "link", "Example Ltd");
  await page.keyboard.press("Enter");
  await expectPage(page, "Example Ltd");
  await tabTo(page, "button", "Sign out");
  await page.keyboard.press("Enter");
  await expectPage(page, "Sign in to the console");
});

scenario("in Finnish and in Swedish", async (person) => {
  const { page } = await console_(person);
  await signIn(page);
  for (const [name, language, heading] of [
    ["Suomi", "fi", "Organisaatiot"],
    ["Svenska", "sv", "Organisationer"],
  ]) {
    await page.getByRole("link", { name }).click();
    await expectPage(page, heading);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await page.goto(`${stage.admin}/console/tenants/${stage.tenant}/connections/ftn`);
    await inspect(page, `console-connection-${language}`, { schemes: ["light"] });
    await page.goto(`${stage.admin}/console/tokens`);
    await inspect(page, `console-tokens-${language}`, { schemes: ["dark"] });
    await page.goto(`${stage.admin}/console/tenants/${stage.tenant}`);
    await page.getByRole("button", { name: { fi: "Tallenna", sv: "Spara" }[language] }).click();
    await saved(page, language);
  }
});

scenario("another site's form and frame get nowhere", (person) =>
  withApp(async (app) => {
    const { page } = await console_(person, { tolerate: [403], expect: [/./] });
    await signIn(page);
    await page.goto(app.framePage(`${stage.admin}/console/tenants`));
    const frame = page.frames().find((one) => one !== page.mainFrame());
    assert.ok(!(await frame.content()).includes("Organisations"), "the console is shown in a frame");
    await page.evaluate((address) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action: address });
      document.body.append(form);
      form.submit();
    }, `${stage.admin}/console/tenants/${stage.tenant}/remove`);
    await page.waitForURL(`${stage.admin}/**`);
    await page.goto(`${stage.admin}/console/tenants/${stage.tenant}`);
    await expectPage(page, "Example Ltd");
    await picture(page, "console-after-attack");
  }),
);

await run();
