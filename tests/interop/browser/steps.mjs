// What a person does, step by step. Every step looks for what a person would see: a heading, a
// link by its name, a button by its label.

import assert from "node:assert/strict";
import { broker, stage } from "./harness.mjs";

/** The name on the account selector's first bank button and on a bank's persona buttons. */
const BANK = 'button[name="bank"]';
const PERSONA = 'button[name="persona"]';

/** A connection of the sandbox by its id. */
export function connection(id) {
  const found = stage.connections.find((one) => one.id === id);
  assert.ok(found, `the sandbox has no connection ${id}`);
  return found;
}

/** The shop's first page. */
export async function visitShop(page) {
  await page.goto(stage.demo);
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
}

/** From the shop straight to one connection, over one face. */
export async function begin(page, id, face = "OpenID Connect") {
  await visitShop(page);
  const item = page.getByRole("listitem").filter({ has: page.getByText(id, { exact: true }) });
  await item.getByRole("link", { name: face }).click();
}

/** From the shop to the chooser. */
export async function openChooser(page) {
  await visitShop(page);
  await page.getByRole("link", { name: "Identify yourself" }).click();
  await page.getByRole("heading", { name: "Choose how to identify yourself" }).waitFor();
}

/** The chooser's link to a connection. */
export const choice = (page, id) => page.getByRole("link", { name: connection(id).name, exact: true });

/** The simulated bank's buttons that log somebody in. */
export const personas = (page) => page.locator(PERSONA);

/** Goes on until a bank's page shows: over the account selector, and over pages that post themselves. */
export async function reachBank(page) {
  const bank = page.locator(BANK);
  await personas(page).or(bank).first().waitFor();
  if (await bank.first().isVisible()) {
    await bank.first().click();
    await personas(page).first().waitFor();
  }
}

/** Logs in at the bank as the first of its personas; answers the name on the button. */
export async function logIn(page) {
  const button = personas(page).first();
  const name = await button.evaluate((node) => node.firstChild.textContent);
  await button.click();
  return name;
}

/** At the bank, over it and back to the shop, which shows the record. */
export async function identify(page, id) {
  await reachBank(page);
  const name = await logIn(page);
  return expectRecord(page, id, name);
}

/** The shop shows the record of a login over connection `id`. */
export async function expectRecord(page, id, name) {
  const record = await shown(page, "Identified");
  const { schema, connection: over } = JSON.parse(record);
  assert.deepEqual([schema, over], ["tunnus.identity/1", id]);
  const full = JSON.parse(record).name?.full;
  if (name && full) assert.equal(full, name);
  return JSON.parse(record);
}

/** The shop says that nobody was identified, with this code. */
export async function expectError(page, code) {
  assert.match(await shown(page, "Not identified"), new RegExp(`^${code}\\b`));
}

async function shown(page, heading) {
  // A simulator that answers by a form waits for a click, as a browser without script does.
  const onwards = page.getByRole("button", { name: "Continue" });
  const title = page.getByRole("heading", { level: 1 });
  const end = page.locator("main pre");
  await end.or(onwards).first().waitFor();
  if ((await onwards.count()) > 0 && !page.url().startsWith(broker)) await onwards.click();
  await end.waitFor();
  assert.equal(await title.innerText(), heading, await end.innerText());
  return end.innerText();
}

/** A page of ours says this. */
export async function expectPage(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/**
 * Holds back the next return of `page` to the broker, also one that comes by a redirect: before it is
 * sent ("Request"), or its answer ("Response"). `came` answers its address once it is there. Another
 * `place` at the broker than the returns may be named.
 */
export async function holdReturn(page, requestStage = "Request", place = "return/*") {
  const wire = await page.context().newCDPSession(page);
  const paused = new Promise((resolve) => wire.once("Fetch.requestPaused", resolve));
  await wire.send("Fetch.enable", { patterns: [{ urlPattern: `${stage.issuer}/${place}`, requestStage }] });
  const end = async (method, more) => {
    const { requestId } = await paused;
    await wire.send(method, { requestId, ...more });
    await wire.send("Fetch.disable");
  };
  return {
    came: async () => (await paused).request.url,
    letGo: () => end("Fetch.continueRequest"),
    drop: () => end("Fetch.failRequest", { errorReason: "Aborted" }),
  };
}

/** Presses the back button until the address holds `part`. */
export async function backTo(page, part) {
  for (let presses = 0; presses < 4 && !page.url().includes(part); presses += 1) await page.goBack();
  assert.ok(page.url().includes(part), page.url());
}
