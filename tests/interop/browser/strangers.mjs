// What comes from elsewhere: another browser, another site's frame, a browser that fetches ahead,
// one that keeps no cookies, an app that sends the person round and round.

import assert from "node:assert/strict";
import { CALL_CENTRE, rest, SHOP, withApp } from "./app.mjs";
import { broker, pass, run, scenario, stage, withFault } from "./harness.mjs";
import { inspect } from "./look.mjs";
import {
  begin,
  choice,
  expectError,
  expectPage,
  expectRecord,
  holdReturn,
  identify,
  logIn,
  openChooser,
  reachBank,
} from "./steps.mjs";

const MISMATCH = "This identification was started in another browser";

scenario("a return in another browser is refused, and costs the first one nothing", async (person) => {
  const [mine, theirs] = [await person(), await person({ tolerate: [400] })];
  for (const id of ["ftn", "idpartner"]) {
    await begin(mine.page, id);
    await reachBank(mine.page);
    const held = await holdReturn(mine.page);
    const click = logIn(mine.page);
    await theirs.page.goto(await held.came());
    await expectPage(theirs.page, MISMATCH);
    await held.letGo();
    await click;
    await expectRecord(mine.page, id);
  }
});

scenario("the first browser at the door owns the login: another one can neither go on nor give up", (person) =>
  withApp(async (app) => {
    const [mine, theirs] = [await person(), await person({ tolerate: [400] })];
    const { url } = await app.begin();
    for (const [address, queries] of [
      [url, ["", "?abandon=user_cancelled"]],
      [app.address(), ["?connection=ftn"]],
    ]) {
      await mine.page.goto(address);
      await expectPage(mine.page, "Choose how to identify yourself");
      const door = mine.page.url().replace(/\?.*/, "");
      for (const query of queries) {
        await theirs.page.goto(door + query);
        await expectPage(theirs.page, MISMATCH);
      }
      await choice(mine.page, "ftn").click();
      await reachBank(mine.page);
      await logIn(mine.page);
      await expectPage(mine.page, "Answered");
      assert.ok(app.answer().params.code, "no code");
    }
  }),
);

scenario("a link whose result is polled belongs to the browser that clicks first", async (person) => {
  const [reader, other] = [await person(), await person({ tolerate: [400] })];
  const { id, url } = await rest(CALL_CENTRE, "POST", "identifications", { connection: "ftn" });
  for (const { page } of [other, reader]) await page.goto(url);
  await reader.page.getByRole("link", { name: "Continue" }).dblclick();
  await reachBank(reader.page);
  await other.page.getByRole("link", { name: "Continue" }).click();
  await expectPage(other.page, MISMATCH);
  await logIn(reader.page);
  await expectPage(reader.page, "You have been identified");
  assert.equal((await rest(CALL_CENTRE, "GET", `identifications/${id}`)).status, "completed");
});

scenario("who identifies themselves by somebody else's link gives that somebody nothing", async (person) => {
  const [sender, reader] = [await person(), await person()];
  // The shop knows the sender's browser, but the sender has not opened the link.
  const shop = sender.context.request;
  const begun = await shop.get(`${stage.demo}/rest?connection=ftn`, { maxRedirects: 0 });
  const link = begun.headers().location;
  await reader.page.goto(link);
  await reachBank(reader.page);
  await logIn(reader.page);
  await expectError(reader.page, "this browser has no such login pending");
  await sender.page.goto(`${stage.demo}/result?login=${/identify\/([^.]+)/.exec(link)[1]}`);
  await expectError(sender.page, "this browser has no such login pending");
});

for (const face of ["openid", "rest"]) {
  scenario(`${face}: in another site's frame there is only the way out of it`, (person) =>
    withApp(async (app) => {
      const { page } = await person();
      const address = face === "openid" ? app.address() : (await app.begin()).url;
      await page.goto(app.framePage(address));
      const frame = page.frameLocator("iframe");
      await frame.getByRole("heading", { name: "Continue in the full window" }).waitFor();
      await inspect(page, `frame-${face}`, { frame: page.frames()[1] });
      await frame.getByRole("link", { name: "Open identification" }).click();
      await expectPage(page, "Choose how to identify yourself");
      await choice(page, "ftn").click();
      await reachBank(page);
      await logIn(page);
      await expectPage(page, "Answered");
    }),
  );
}

scenario("the chooser itself stands in no frame", (person) =>
  withApp(async (app) => {
    const { page } = await person();
    const { url } = await app.begin();
    await page.goto(url);
    await expectPage(page, "Choose how to identify yourself");
    const chooser = page.url();
    await page.goto(app.framePage(chooser));
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Continue in the full window" }).waitFor();
  }),
);

scenario("a browser that fetches ahead begins nothing", (person) =>
  withApp(async (app) => {
    const { page } = await person({ tolerate: [503], expect: [/^loaded other .*\/identify\//] });
    const { id, url } = await app.begin("ftn");
    const ahead = page.waitForResponse(url);
    await page.goto(app.prefetchPage(url));
    assert.equal((await ahead).status(), 503);
    assert.equal((await rest(SHOP, "GET", `identifications/${id}`)).status, "pending");
    await page.getByRole("link", { name: "Onwards" }).click();
    await reachBank(page);
    await logIn(page);
    await expectPage(page, "Answered");
    assert.equal((await app.result(app.answer().params)).status, "completed");
  }),
);

scenario("three failures in a minute end on a page with a way home, and a minute later not", async (person) => {
  const { page } = await person({ tolerate: [400] });
  const cancel = async () => {
    await begin(page, "oidc");
    await reachBank(page);
    await page.getByRole("button", { name: "Cancel" }).click();
  };
  for (let time = 0; time < 2; time += 1) {
    await cancel();
    await expectError(page, "user_cancelled");
  }
  await cancel();
  await expectPage(page, "You cancelled the identification");
  await inspect(page, "loop");
  await page.getByRole("link", { name: "Back to Example shop" }).click();
  await expectError(page, "user_cancelled");
  await pass(61);
  await cancel();
  await expectError(page, "user_cancelled");
});

scenario("a bank that does not answer: another one, or back to the app with what happened", async (person) => {
  const { page } = await person({ tolerate: [502] });
  for (const way of ["Choose another way", "Back to Example shop"]) {
    await openChooser(page);
    await withFault("temporarily_unavailable", async () => {
      await choice(page, "ftn").click();
      await reachBank(page);
      await logIn(page);
      await expectPage(page, "The identification service you chose does not answer");
      await page.reload();
      await expectPage(page, "The identification service you chose does not answer");
    });
    await page.getByRole("link", { name: way }).click();
    if (way === "Choose another way") {
      await choice(page, "mle").click();
      await identify(page, "mle");
    } else {
      await expectError(page, "provider_unavailable");
    }
  }
});

scenario("cookies that were deleted at the bank: a page, and nothing is given away", async (person) => {
  const { page, context } = await person({ tolerate: [400] });
  await begin(page, "ftn");
  await reachBank(page);
  await context.clearCookies();
  await logIn(page);
  await expectPage(page, MISMATCH);
  await begin(page, "ftn");
  await identify(page, "ftn");
});

scenario("a request that names a wrong address, app or tenant ends on a page", (person) =>
  withApp(async (app) => {
    const { page } = await person({ tolerate: [400, 404] });
    for (const [address, heading] of [
      [app.address({ redirect_uri: "https://elsewhere.example/" }), "The service sent a request that does not work"],
      [app.address({ client_id: "nobody" }), "The service sent a request that does not work"],
      [app.address().replace("/t/demo/", "/t/nobody/"), "This identification is no longer open"],
      [`${broker}/nothing/here`, "There is nothing at this address"],
    ]) {
      await page.goto(address);
      await expectPage(page, heading);
      assert.ok(page.url().startsWith(broker), page.url());
    }
    assert.deepEqual(app.answers, []);
  }),
);

scenario("what somebody slips into a page neither runs nor loads", async (person) => {
  const blocked = /violates the following Content Security Policy directive/;
  const { page } = await person({ expect: [blocked, /^loaded image .*slipped/] });
  await openChooser(page);
  const found = await page.evaluate(async (demo) => {
    const violated = [];
    document.addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
    const slip = (tag, more) => document.body.append(Object.assign(document.createElement(tag), more));
    slip("script", { textContent: "globalThis.slipped = true" });
    slip("img", { src: `${demo}/slipped.png` });
    slip("style", { textContent: "h1 { position: fixed }" });
    slip("iframe", { src: demo });
    const form = Object.assign(document.createElement("form"), { action: demo });
    document.body.append(form);
    form.submit();
    // Violations are told in tasks of their own.
    while (violated.length < 5) await new Promise((resolve) => requestAnimationFrame(resolve));
    const moved = getComputedStyle(document.querySelector("h1")).position !== "static";
    return { violated: violated.sort(), ran: "slipped" in globalThis, moved };
  }, stage.demo);
  const directives = ["form-action", "frame-src", "img-src", "script-src-elem", "style-src-elem"];
  assert.deepEqual(found, { violated: directives, ran: false, moved: false });
});

await run();
