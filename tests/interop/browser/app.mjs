// An app of the tests' own on a site of its own: it asks the broker as the sandbox's built-in app
// may, takes answers by query or by form, and shows other sites' pages in a frame.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { stage } from "./harness.mjs";

/** The built-in app whose answers come back through the browser. */
export const SHOP = ["shop", "shop-secret"];

/** The built-in app whose results are polled. */
export const CALL_CENTRE = ["call-centre", "shop-secret"];

/** A call of the REST interface. */
export async function rest([id, secret], method, path, body) {
  const response = await fetch(`${stage.issuer}/api/v1/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
      "content-type": "application/json",
    },
    body: body && JSON.stringify(body),
  });
  return response.json();
}

const escape = (text) => text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);

/** Starts the app while `play` runs with it. */
export async function withApp(play) {
  const app = new App();
  await app.listen();
  try {
    await play(app);
  } finally {
    app.close();
  }
}

class App {
  /** What came back: the method and the parameters of each answer. */
  answers = [];
  #server = createServer((request, response) => this.#serve(request, response));
  #verifier = randomBytes(32).toString("base64url");

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://localhost:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** What redeems a code. */
  get verifier() {
    return this.#verifier;
  }

  /** The parameters of an authorization request. */
  request(more = {}) {
    return {
      client_id: SHOP[0],
      response_type: "code",
      scope: "openid tunnus",
      redirect_uri: `${this.url}/answer`,
      state: randomBytes(16).toString("base64url"),
      nonce: randomBytes(16).toString("base64url"),
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...more,
    };
  }

  /** The address that sends such a request. */
  address(more) {
    return `${stage.issuer}/authorize?${new URLSearchParams(this.request(more))}`;
  }

  /** Begins an identification over REST: its id and its door. */
  async begin(connection, more) {
    const body = { return_url: `${this.url}/answer`, connection, ...more };
    const { id, url } = await rest(SHOP, "POST", "identifications", body);
    assert.ok(url, "no door");
    return { id, url };
  }

  /** The latest answer that the browser brought. */
  answer() {
    const latest = this.answers.at(-1);
    assert.ok(latest, "the browser has brought no answer");
    return latest;
  }

  /** Fetches over REST what an answer is worth. */
  result({ identification, code }) {
    return rest(SHOP, "POST", `identifications/${identification}/result`, { code });
  }

  /** A page with a button that posts such a request. */
  formPage(more) {
    return `${this.url}/form?${new URLSearchParams(this.request(more))}`;
  }

  /** A page that makes the browser fetch `address` ahead. */
  prefetchPage(address) {
    return `${this.url}/ahead?${new URLSearchParams({ address })}`;
  }

  /** A page that shows `address` in a frame. */
  framePage(address) {
    return `${this.url}/frame?${new URLSearchParams({ address })}`;
  }

  /** Redeems a code for the identity record. */
  async redeem(code) {
    const form = {
      grant_type: "authorization_code",
      code,
      redirect_uri: `${this.url}/answer`,
      code_verifier: this.#verifier,
    };
    const tokens = await fetch(`${stage.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(SHOP.join(":")).toString("base64")}` },
      body: new URLSearchParams(form),
    });
    const { access_token } = await tokens.json();
    const claims = await fetch(`${stage.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    const { tunnus_identity } = await claims.json();
    assert.ok(tunnus_identity, "no identity record");
    return tunnus_identity;
  }

  async #serve(request, response) {
    const url = new URL(request.url, this.url);
    let body = "";
    for await (const part of request) body += part;
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(this.#page(url, request.method, new URLSearchParams(body)));
  }

  #page(url, method, form) {
    const show = (title, content) =>
      `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>${title}</title><h1>${title}</h1>${content}`;
    if (url.pathname === "/frame") {
      const address = escape(url.searchParams.get("address"));
      return show("A foreign site", `<iframe src="${address}" width="700" height="600"></iframe>`);
    }
    if (url.pathname === "/ahead") {
      const address = escape(url.searchParams.get("address"));
      return show("An eager site", `<link rel="prefetch" href="${address}"><a href="${address}">Onwards</a>`);
    }
    if (url.pathname === "/form") {
      const fields = [...url.searchParams].map(
        ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
      );
      const action = `${stage.issuer}/authorize`;
      return show("An app", `<form method="post" action="${action}">${fields.join("")}<button>Go</button></form>`);
    }
    if (url.pathname === "/answer") {
      const params = Object.fromEntries(method === "POST" ? form : url.searchParams);
      this.answers.push({ method, params });
      return show(params.code ? "Answered" : "Refused", "");
    }
    return show("Nothing here", "");
  }
}
