// npm's oidc-provider, set up so that each client's registration decides what protects its logins.

import { randomBytes } from 'node:crypto';

import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

import { persons, scopes } from './persons.mjs';

const SIGNING = ['RS256', 'PS256', 'ES256'];
const KEYS = ['RSA-OAEP', 'RSA-OAEP-256'];
const CONTENTS = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A256GCM'];

// Takes whatever a client is registered for; one client is held to FAPI 2.0.
export const GENERAL = {
  signing: SIGNING,
  keys: KEYS,
  contents: CONTENTS,
  fapi: (_, client) => (client?.clientId === 'fapi2' ? '2.0' : undefined),
};

// A bank of IDPartner's network: one way to sign, one to encrypt, endpoints of its own, and an ID token
// that says too what the scopes stand for.
export const BANK = {
  signing: ['PS256'],
  keys: ['RSA-OAEP'],
  contents: ['A256CBC-HS512'],
  fapi: '1.0 Final',
  endpoints: { payment_details_info_endpoint: '/payment_details' },
  fullIdToken: true,
};

async function key(alg, kid, use) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use };
}

const keys = await Promise.all([
  key('PS256', 'rsa', 'sig'),
  key('ES256', 'p256', 'sig'),
  key('RSA-OAEP', 'enc', 'enc'),
]);

const certificateOf = ({ socket }) => socket.getPeerX509Certificate?.();

// Everything that was asked for is agreed to.
async function agree({ oidc }) {
  const grant = new oidc.provider.Grant({
    clientId: oidc.client.clientId,
    accountId: oidc.session.accountId,
  });
  grant.addOIDCScope([...oidc.requestParamScopes].join(' '));
  grant.addOIDCClaims([...oidc.requestParamClaims]);
  await grant.save();
  return grant;
}

function algorithms({ signing, keys, contents }) {
  const encrypted = ['idToken', 'userinfo', 'authorization', 'requestObject'];
  return Object.fromEntries([
    ...[...encrypted, 'clientAuth'].map((kind) => [`${kind}SigningAlgValues`, signing]),
    ...encrypted.map((kind) => [`${kind}EncryptionAlgValues`, keys]),
    ...encrypted.map((kind) => [`${kind}EncryptionEncValues`, contents]),
  ]);
}

function features(fapi) {
  return {
    claimsParameter: { enabled: true },
    devInteractions: { enabled: false },
    encryption: { enabled: true },
    fapi: { enabled: true, profile: fapi },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: certificateOf,
      certificateAuthorized: ({ socket }) => socket.authorized === true,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === 'tls_client_auth_subject_dn' && certificateOf(ctx)?.subject === expected,
    },
    requestObjects: { enabled: true },
  };
}

const ENDPOINTS = {
  token_endpoint: '/token',
  userinfo_endpoint: '/me',
  pushed_authorization_request_endpoint: '/request',
};

const endpoints = (base, kind) =>
  Object.fromEntries(Object.entries({ ...ENDPOINTS, ...kind.endpoints }).map(([name, path]) => [name, base + path]));

// An upstream of `kind` at `issuer`, and at `mtls` for clients with a certificate.
export function upstream(kind, { issuer, mtls, clients }) {
  const provider = new Provider(issuer, {
    claims: scopes,
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ],
    clients,
    conformIdTokenClaims: !kind.fullIdToken,
    acrValues: ['http://eidas.europa.eu/LoA/substantial'],
    cookies: { keys: [randomBytes(32)], long: { sameSite: 'none' } },
    discovery: { ...endpoints(issuer, kind), mtls_endpoint_aliases: endpoints(mtls, kind) },
    enableHttpPostMethods: true,
    enabledJWA: algorithms(kind),
    extraParams: ['identity_provider_id', 'idpartner_token'],
    features: features(kind.fapi),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...persons.get(id) }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    jwks: { keys },
    loadExistingGrant: agree,
    pkce: { required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  });
  provider.on('server_error', (_, error) => console.error(error));
  return provider;
}
