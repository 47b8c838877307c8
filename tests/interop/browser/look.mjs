// How a page looks and sounds: what axe-core finds, and whether it fits wherever it is shown.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { picture } from "./harness.mjs";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** WCAG 2.2, levels A and AA, and axe-core's own good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A desk, a phone, and the desk at 400 % (WCAG 2.2, success criterion 1.4.10). */
const VIEWS = { desk: [1280, 800], phone: [390, 844], zoomed: [320, 256] };

/** Line and letter spacing that a reader may set (WCAG 2.2, success criterion 1.4.12). */
const SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }";

/** The page, or a frame of it, is accessible light and dark; it fits every width, also with wider spacing. */
export async function inspect(page, name, { schemes = ["light", "dark"], frame = page.mainFrame() } = {}) {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    for (const [view, [width, height]] of Object.entries(VIEWS)) {
      await page.setViewportSize({ width, height });
      await picture(page, `${name}-${view}-${colorScheme}`);
      if (frame === page.mainFrame()) await expectFit(page, `${name}, ${view}`);
    }
    await page.setViewportSize({ width: VIEWS.desk[0], height: VIEWS.desk[1] });
    await expectAccessible(frame, `${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function expectAccessible(frame, name) {
  await frame.evaluate(AXE);
  const found = await frame.evaluate(async (values) => {
    const options = { runOnly: values, resultTypes: ["violations"], preload: false };
    const { violations } = await globalThis.axe.run(document, options);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]));
  }, RULES);
  assert.deepEqual(found, [], name);
}

/** Nothing must be scrolled sideways, and no word is cut off. */
async function expectFit(page, name) {
  const cut = await page.evaluate((spaced) => {
    const look = () => {
      const root = document.documentElement;
      const texts = [...document.querySelectorAll("h1, h2, p, a, button, dt, dd, li")];
      const clipped = texts.filter((text) => text.scrollWidth > text.clientWidth + 1 && text.clientWidth > 0);
      const inline = (text) => getComputedStyle(text).display === "inline";
      return [
        root.scrollWidth > root.clientWidth && `scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`,
        ...clipped.filter((text) => !inline(text)).map((text) => `cut off: ${text.outerHTML.slice(0, 120)}`),
      ].filter(Boolean);
    };
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(spaced);
    const asItIs = look();
    document.adoptedStyleSheets = [sheet];
    const wider = look();
    document.adoptedStyleSheets = [];
    return [...asItIs, ...wider.map((text) => `with wider spacing ${text}`)];
  }, SPACED);
  assert.deepEqual(cut, [], name);
}

/** Presses Tab until the element of this role and name has the focus, which must be seen. */
export async function tabTo(page, role, name) {
  const wanted = page.getByRole(role, { name }).first();
  await wanted.waitFor();
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
    });
    assert.ok(seen, `the focus is not seen on ${await page.evaluate(() => document.activeElement.outerHTML)}`);
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`${role} ${name} is not reached by Tab`);
}
