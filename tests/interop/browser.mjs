// A browser without a person: keeps cookies by origin, follows redirects, and posts forms that would
// post themselves.

const HOPS = 12;
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"' };

const unescaped = (text) =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return NAMED[name] ?? whole;
    return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
  });

const attribute = (tag, name) => unescaped(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

export class Browser {
  #jars = new Map();

  #jar(url) {
    const { origin } = new URL(url);
    if (!this.#jars.has(origin)) this.#jars.set(origin, new Map());
    return this.#jars.get(origin);
  }

  async #send(request) {
    const jar = this.#jar(request.url);
    request.headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(request, { redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (/;\s*max-age=0/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  // Goes from the address `start` until one begins with `end`: that request, not sent.
  async walk(start, end) {
    let next = new Request(start);
    for (let hop = 0; hop < HOPS; hop += 1) {
      if (next.url.startsWith(end)) return next;
      const response = await this.#send(next);
      next = await onward(response, next.url);
    }
    throw new Error(`the way from ${start} does not end`);
  }
}

async function onward(response, url) {
  const location = response.headers.get('location');
  if (location) return new Request(new URL(location, url));
  const page = await response.text();
  const form = /<form[^>]*>/.exec(page)?.[0];
  if (!form) throw new Error(`no way on from ${url}: ${response.status} ${page}`);
  const inputs = [...page.matchAll(/<input[^>]*>/g)];
  const fields = inputs.map(([tag]) => [attribute(tag, 'name'), attribute(tag, 'value')]);
  return new Request(new URL(attribute(form, 'action'), url), {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
}
