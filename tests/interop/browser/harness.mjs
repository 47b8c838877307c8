// What every scenario needs: one Chromium, people with browsers of their own, a watch over
// everything that a page loads or complains about, and the line to the test that started us.
//
// Usage: node FILE.mjs '{"demo": URL, "issuer": URL, "connections": [{"id", "name", "personas"}]}'
// With SCREENSHOTS=DIR pictures of the pages are kept there; with ONLY=TEXT just the scenarios are
// played whose sentence holds it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** The sandbox: where its demo app is, the broker's issuer, its connections. */
export const stage = JSON.parse(process.argv[2]);

/** The broker's origin. */
export const broker = new URL(stage.issuer).origin;

/** Connections whose ways differ: by query, by form, over a selector with JARM, with plain requests. */
export const KINDS = ["ftn", "oidc-sealed", "idpartner", "mle-plain"];

/** How long anything that a person waits for may take, in ms: the machine may be busy. */
const PATIENCE = 30_000;

/** How long a whole file may take, in ms. */
const WHOLE = 600_000;

const FLAGS = [
  "--disable-gpu",
  // One process for all sites: to start one for each takes most of the time. What a site is, for
  // cookies and headers, is not decided there.
  "--disable-site-isolation-trials",
  "--renderer-process-limit=1",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing beyond this machine can be reached, whatever a page or the browser itself may want.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1",
];

// ---- The test that started us --------------------------------------------------------------

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
  await answers.next();
}

/** Lets time pass for broker and simulators. */
export const pass = (seconds) => ask({ pass: seconds });

/** Breaks every simulator that knows `fault` while `meanwhile` runs. */
export async function withFault(fault, meanwhile) {
  await ask({ fault });
  try {
    await meanwhile();
  } finally {
    await ask({ fault: null });
  }
}

// ---- Scenarios -----------------------------------------------------------------------------

const scenarios = [];

/** A scenario: a sentence, and what is done. It gets a fresh `person()` for each call. */
export function scenario(name, play) {
  scenarios.push({ name, play });
}

/** What people are told of a connection that is paused; `tests/it/browser.rs` says the same. */
export const NOTICES = {
  fi: "Huoltokatko kello 22–24. Valitse sillä välin toinen tapa.",
  sv: "Serviceavbrott kl. 22–24. Välj ett annat sätt under tiden.",
  en: "Maintenance from 22 to 24. Please choose another way meanwhile.",
};

/** Plays `meanwhile` while these connections are paused. */
export async function withPause(connections, meanwhile) {
  await ask({ pause: connections });
  try {
    await meanwhile();
  } finally {
    await ask({ pause: [] });
  }
}

/**
 * Plays every scenario of the file, each to its end; fails where one fails. `profile`: what the browser
 * is set to, as in its own preferences.
 */
export async function run({ profile = {} } = {}) {
  const limit = setTimeout(() => {
    console.error(`not at an end after ${WHOLE / 1000} s`);
    process.exit(1);
  }, WHOLE);
  const [browser, close] = await launch(profile);
  const failures = [];
  const only = process.env.ONLY;
  const chosen = scenarios.filter(({ name }) => !only || name.includes(only));
  for (const { name, play } of chosen) {
    const people = [];
    const begun = Date.now();
    try {
      await play(async (options) => {
        people.push(await Person.arrive(browser, options));
        return people.at(-1);
      });
      for (const person of people) person.expectNoComplaints();
      console.log(`ok      ${name} (${Date.now() - begun} ms)`);
    } catch (error) {
      failures.push(name);
      console.log(`FAILED  ${name}\n${error.stack ?? error}`);
      for (const person of people) console.log(await person.describe());
    }
    for (const person of people) await person.context.close();
  }
  await close();
  await ask({ played: chosen.length });
  clearTimeout(limit);
  process.exit(failures.length === 0 ? 0 : 1);
}

/** A browser with these settings, which each person's own profile inherits, and how to close it. */
async function launch(profile) {
  const folder = mkdtempSync(join(tmpdir(), "tunnus-browser-"));
  mkdirSync(join(folder, "Default"));
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify({ profile }));
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const options = { executablePath, args: FLAGS, chromiumSandbox: false };
  const context = await chromium.launchPersistentContext(folder, options);
  const close = async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return [context.browser(), close];
}

// ---- People --------------------------------------------------------------------------------

/** A person with a browser profile of their own: one or more tabs. */
export class Person {
  /** What was loaded or said that should not have been. */
  complaints = [];
  /** Statuses that a page may answer with: a scenario that provokes a failure says so. */
  tolerated = new Set();
  /** Complaints that a scenario provokes: patterns. */
  expected = [];

  static async arrive(browser, { tolerate = [], expect = [], ...options } = {}) {
    const person = new Person();
    person.tolerated = new Set(tolerate);
    person.expected = expect;
    person.context = await browser.newContext({ locale: "en-GB", ...options });
    person.context.setDefaultTimeout(PATIENCE);
    person.#watch();
    person.page = await person.context.newPage();
    return person;
  }

  /** Another tab. */
  tab() {
    return this.context.newPage();
  }

  #watch() {
    const complain = (text) => {
      if (!this.expected.some((pattern) => pattern.test(text))) this.complaints.push(text);
    };
    this.context.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      const status = /the server responded with a status of (\d+)/.exec(message.text())?.[1];
      if (status && this.tolerated.has(Number(status))) return;
      complain(`console: ${message.text()} at ${message.location().url}`);
    });
    this.context.on("weberror", (error) => complain(`script: ${error.error()}`));
    this.context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol === "data:") return;
      // A page is whole without a second request: nothing is loaded but pages.
      if (!request.isNavigationRequest()) complain(`loaded ${request.resourceType()} ${url}`);
      if (!["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) complain(`went to ${url}`);
    });
  }

  expectNoComplaints() {
    assert.deepEqual(this.complaints, []);
  }

  /** Where each tab stands, for the report of a failure. */
  async describe() {
    const tabs = this.context.pages().map(async (page) => {
      const body = page.locator("body");
      const text = await body.innerText({ timeout: 1_000 }).catch((error) => `(${error.message})`);
      return `   ${page.url()}\n      ${text.trim().replaceAll(/\s+/g, " ").slice(0, 500)}`;
    });
    return [...(await Promise.all(tabs)), ...this.complaints.map((text) => `   ! ${text}`)].join("\n");
  }
}

/** Keeps a picture of `page` where pictures are wanted. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
