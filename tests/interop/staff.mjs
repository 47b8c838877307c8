// The sign-in service of a staff that nobody of this project wrote: npm's oidc-provider, with a page on
// which a person says who they are. It tells what it knows of a group at its userinfo endpoint alone.
//
// One line of JSON comes in, { client_id, client_secret, redirect_uri }; one goes out, { issuer }. The
// program ends when its input does.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';

import { Provider } from 'oidc-provider';

// What the library advises those who would run it in earnest is no answer to a test.
console.info = () => {};
console.warn = () => {};

const STAFF = new Map([
  ['ada', { name: 'Ada Admin', groups: ['everybody', 'tunnus-operators'] }],
  ['tuija', { name: 'Tuija Tarkastaja', groups: ['tunnus-auditors'] }],
  ['eve', { name: 'Eve Elsewhere', groups: ['everybody'] }],
]);

const page = (uid) => {
  const links = [...STAFF].map(([id, { name }]) => `<li><a href="/interaction/${uid}/${id}">${name}</a></li>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Staff</title><main>
    <h1>Who are you?</h1><ul>${links.join('')}<li><a href="/interaction/${uid}/nobody">Back</a></li></ul></main>`;
};

async function agree({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope([...oidc.requestParamScopes].join(' '));
  await grant.save();
  return grant;
}

function provider(issuer, { client_id, client_secret, redirect_uri }) {
  const made = new Provider(issuer, {
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    clients: [{ client_id, client_secret, redirect_uris: [redirect_uri] }],
    cookies: { keys: [randomBytes(32)] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...STAFF.get(id) }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: agree,
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'groups'],
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  });
  made.on('server_error', (_, error) => console.error(error));
  return made;
}

async function interaction(op, request, response, [uid, person]) {
  if (!person) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(uid));
    return;
  }
  const result = STAFF.has(person)
    ? { login: { accountId: person, remember: false } }
    : { error: 'access_denied', error_description: 'the person turned back' };
  await op.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const input = createInterface({ input: process.stdin });
input.once('close', () => process.exit(0));
const [line] = await once(input, 'line');
let answer;
const server = http.createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://localhost:${server.address().port}`;
const op = provider(issuer, JSON.parse(line));
const pages = op.callback();
answer = (request, response) => {
  const [, first, ...rest] = new URL(request.url, issuer).pathname.split('/');
  return first === 'interaction' ? interaction(op, request, response, rest) : pages(request, response);
};
console.log(JSON.stringify({ issuer }));
