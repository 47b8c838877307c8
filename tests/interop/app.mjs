// An app that nobody of this project wrote: npm's openid-client, with every check that it has.
//
// JSON comes in, { issuer, logins }: each login with the app's id, how it authenticates, where it is
// returned to, and further parameters of its request. JSON goes out: what came of each.

import { text } from 'node:stream/consumers';

import { importJWK } from 'jose';
import * as client from 'openid-client';

import { Browser } from './browser.mjs';

async function authentication({ method, secret, key, algorithm }) {
  switch (method) {
    case 'client_secret_basic':
      return client.ClientSecretBasic(secret);
    case 'client_secret_post':
      return client.ClientSecretPost(secret);
    case 'private_key_jwt':
      return client.PrivateKeyJwt({ key: await importJWK(key, algorithm), kid: key.kid });
    default:
      return client.None();
  }
}

async function configure(issuer, { id, algorithm, ...login }) {
  const metadata = { id_token_signed_response_alg: algorithm ?? 'RS256' };
  const checks = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
  const shown = await authentication(login.authentication);
  return client.discovery(new URL(issuer), id, metadata, shown, { execute: checks });
}

// Sends the browser away and brings back what the app is told.
async function ask(config, { redirectUri, parameters }) {
  const secrets = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile',
    state: secrets.expectedState,
    nonce: secrets.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(secrets.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return [await new Browser().walk(address, redirectUri), { ...secrets, idTokenExpected: true }];
}

async function logIn(config, login) {
  const [returned, checks] = await ask(config, login);
  const again = returned.clone();
  const maxAge = login.parameters.max_age && Number(login.parameters.max_age);
  const tokens = await client.authorizationCodeGrant(config, returned, { ...checks, maxAge });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const { access_token, id_token, ...rest } = tokens;
  const outcome = { method: returned.method, claims, userinfo, rest };
  if (!login.twice) return outcome;
  const second = await failure(() => client.authorizationCodeGrant(config, again, checks));
  const revoked = await failure(() => client.fetchUserInfo(config, access_token, claims.sub));
  return { ...outcome, second, revoked };
}

// The app by itself, at the REST interface.
async function create(config, { create }) {
  const { access_token: token } = await client.clientCredentialsGrant(config);
  const address = new URL(`${config.serverMetadata().issuer}/api/v1/identifications`);
  const headers = new Headers({ 'content-type': 'application/json' });
  const body = JSON.stringify(create);
  const response = await client.fetchProtectedResource(config, token, address, 'POST', body, headers);
  return { status: response.status, body: await response.json() };
}

async function failure(attempt) {
  try {
    return { succeeded: await attempt() };
  } catch (error) {
    // Where the answer challenges the app, the library reads the challenge and nothing else.
    const told = Array.isArray(error.cause) ? error.cause[0].parameters : error;
    return { error: told.error ?? error.message, description: told.error_description, status: error.status };
  }
}

const { issuer, logins } = JSON.parse(await text(process.stdin));
const outcomes = [];
for (const login of logins) {
  const attempt = async () => {
    const config = await configure(issuer, login);
    return login.create ? create(config, login) : logIn(config, login);
  };
  const { succeeded, ...failed } = await failure(attempt);
  outcomes.push(succeeded ?? failed);
}
console.log(JSON.stringify(outcomes));
