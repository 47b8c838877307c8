// Two upstreams that nobody of this project wrote, both on npm's oidc-provider: one of no particular
// kind, and one as a bank of IDPartner's network runs it, with an account selector before it.
//
// One line of JSON comes in, { tls, general, bank, origin }: the servers' certificate and the clients,
// as OpenID Connect Dynamic Registration writes them. One goes out, with the addresses. Whoever comes is
// logged in without a click as the `login_hint` says. The program ends when its input does.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';

import { payments } from './persons.mjs';
import { BANK, GENERAL, upstream } from './provider.mjs';

// What the library advises those who would run it in earnest is no answer to a test.
console.info = () => {};
console.warn = () => {};

const HINT = 'sandbox:persona=';
const ACR = 'http://eidas.europa.eu/LoA/substantial';

// A certificate that nobody vouches for is registered as a key (RFC 8705, section 2.2).
function registered({ certificate, ...client }) {
  if (!certificate) return client;
  const { publicKey, raw } = new X509Certificate(certificate);
  const jwk = { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] };
  return { ...client, jwks: { keys: [jwk, ...client.jwks.keys] } };
}

async function logIn(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const hint = params.login_hint ?? '';
  const result = hint.startsWith(HINT)
    ? { login: { accountId: hint.slice(HINT.length), acr: ACR, amr: ['pwd', 'otp'], remember: false } }
    : { error: 'access_denied', error_description: 'the person turned back' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

function redirect(response, address, params) {
  response.writeHead(303, { location: `${address}?${new URLSearchParams(params)}` }).end();
}

async function paymentDetails(provider, request, response) {
  const [, bearer] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  const token = bearer && (await provider.AccessToken.find(bearer));
  const shown = request.socket.getPeerX509Certificate?.()?.fingerprint256.replaceAll(':', '').toLowerCase();
  const bound = token?.['x5t#S256'];
  const fits = !bound || Buffer.from(bound, 'base64url').toString('hex') === shown;
  if (!token?.isValid || !token.scopes.has('payment_details') || !fits) {
    response.writeHead(401).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(payments));
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function serve(kind, { tls, clients, origin }) {
  let answer;
  const answering = (request, response) => answer(request, response);
  const { certificate: cert, key, authority: ca } = tls;
  // Who shows no certificate, or one that nobody vouches for, is the library's to refuse.
  const mutual = { cert, key, ca, requestCert: true, rejectUnauthorized: false };
  const issuer = `http://localhost:${await listen(http.createServer(answering))}`;
  const mtls = `https://localhost:${await listen(https.createServer(mutual, answering))}`;
  const provider = upstream(kind, { issuer, mtls, clients: clients.map(registered) });
  const pages = provider.callback();
  answer = (request, response) => {
    const { pathname, searchParams } = new URL(request.url, issuer);
    if (pathname.startsWith('/interaction/')) return logIn(provider, request, response);
    if (pathname === '/payment_details') return paymentDetails(provider, request, response);
    if (pathname === '/select-accounts') {
      const chosen = { iss: issuer, idp_id: '17', idpartner_token: 'opaque' };
      return redirect(response, `${origin}/${searchParams.get('client_id')}/selected`, chosen);
    }
    return pages(request, response);
  };
  return { issuer, mtls };
}

const input = createInterface({ input: process.stdin });
input.once('close', () => process.exit(0));
const [line] = await once(input, 'line');
const { tls, general, bank, origin } = JSON.parse(line);
const ready = {
  general: await serve(GENERAL, { tls, clients: general }),
  bank: await serve(BANK, { tls, clients: bank, origin }),
};
console.log(JSON.stringify(ready));
