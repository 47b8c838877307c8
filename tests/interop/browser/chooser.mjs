// The chooser: every choice leads to its bank and back, and so does every way back to the chooser.

import assert from "node:assert/strict";
import { withApp } from "./app.mjs";
import { picture, run, scenario, stage } from "./harness.mjs";
import {
  backTo,
  begin,
  choice,
  expectError,
  expectPage,
  identify,
  logIn,
  openChooser,
  reachBank,
} from "./steps.mjs";

scenario("each choice leads to its bank", async (person) => {
  const { page } = await person();
  await openChooser(page);
  const chooser = page.url();
  for (const { id } of stage.connections) {
    await page.goto(chooser);
    await choice(page, id).click();
    await reachBank(page);
  }
  // The last of them is the one that counts.
  await identify(page, stage.connections.at(-1).id);
});

scenario("who cancels on the chooser is back in the shop", async (person) => {
  const { page } = await person();
  await openChooser(page);
  await page.getByRole("link", { name: "Cancel and go back to Example shop" }).click();
  await expectError(page, "user_cancelled");
});

scenario("back to the chooser, and another bank", async (person) => {
  const { page } = await person();
  for (const other of ["mle", "idpartner", "oidc"]) {
    await openChooser(page);
    await choice(page, "ftn").click();
    await reachBank(page);
    await page.goBack();
    await expectPage(page, "Choose how to identify yourself");
    await choice(page, other).click();
    await identify(page, other);
  }
});

scenario("back to the chooser, and the same bank again", async (person) => {
  // A selector that knows the visitor again leads on at once, with a request that the bank has seen.
  const { page } = await person({ tolerate: [400] });
  for (const id of ["ftn", "idpartner", "mle"]) {
    await openChooser(page);
    await choice(page, id).click();
    await reachBank(page);
    await backTo(page, "/identify/");
    await choice(page, id).click();
    await identify(page, id);
  }
});

scenario("back to the chooser after the login is over: a page with the way home", async (person) => {
  const { page } = await person({ tolerate: [400] });
  await openChooser(page);
  const chooser = page.url();
  await choice(page, "ftn").click();
  await identify(page, "ftn");
  await page.goto(chooser);
  await expectPage(page, "This identification has already been used");
  await picture(page, "already-used");
  await page.getByRole("link", { name: "Back to Example shop" }).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
});

scenario("a login again after one that was cancelled, over the same connection", async (person) => {
  const { page } = await person();
  for (const id of ["idpartner", "ftn"]) {
    await begin(page, id);
    await reachBank(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expectError(page, "user_cancelled");
    await begin(page, id);
    await identify(page, id);
  }
});

scenario("who cancels on the account selector twice is told so twice", async (person) => {
  const { page } = await person();
  for (let time = 0; time < 2; time += 1) {
    await begin(page, "idpartner");
    await page.getByRole("button", { name: "Cancel" }).click();
    await expectError(page, "user_cancelled");
  }
});

scenario("the app's request may come by POST, and the chooser be reloaded and come back to", (person) =>
  withApp(async (app) => {
    const { page } = await person();
    await page.goto(app.formPage());
    await page.getByRole("button", { name: "Go" }).click();
    await expectPage(page, "Choose how to identify yourself");
    await page.reload();
    await expectPage(page, "Choose how to identify yourself");
    await choice(page, "ftn").click();
    await reachBank(page);
    await page.goBack();
    await expectPage(page, "Choose how to identify yourself");
    await choice(page, "mle").click();
    await reachBank(page);
    await logIn(page);
    await expectPage(page, "Answered");
    const { connection } = await app.redeem(app.answers[0].params.code);
    assert.equal(connection, "mle");
  }),
);

await run();
