// Every connection over both faces, clicked through as a person would.

import assert from "node:assert/strict";
import { KINDS, run, scenario, stage } from "./harness.mjs";
import { begin, expectError, identify, reachBank } from "./steps.mjs";

for (const { id } of stage.connections) {
  scenario(`${id}: the same record over both faces`, async (person) => {
    const { page } = await person();
    const stable = ({ authenticated_at, transaction_id, ...rest }) => rest;
    await begin(page, id, "OpenID Connect");
    const openid = await identify(page, id);
    await begin(page, id, "REST");
    const rest = await identify(page, id);
    assert.deepEqual(stable(rest), stable(openid));
  });
}

for (const id of KINDS) {
  scenario(`${id}: who cancels at the bank is back in the shop`, async (person) => {
    const { page } = await person();
    for (const face of ["OpenID Connect", "REST"]) {
      await begin(page, id, face);
      await reachBank(page);
      await page.getByRole("button", { name: "Cancel" }).click();
      await expectError(page, "user_cancelled");
    }
  });
}

await run();
