// A second JOSE library: npm's jose. JSON comes in, with what to do; JSON goes out.
//
// `open` opens tokens that were made elsewhere, `make` makes tokens to be opened elsewhere, and some
// that nobody may open.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { text } from 'node:stream/consumers';

import * as jose from 'jose';

const utf8 = new TextEncoder();
const SIGNING = ['RS256', 'PS256', 'ES256'];
const KEYS = ['RSA-OAEP', 'RSA-OAEP-256'];
const CONTENTS = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A256GCM'];

// A key pair: its public JWK, and its private half in every form that keys come in.
async function pair(alg, use) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = await jose.exportJWK(publicKey);
  const kid = await jose.calculateJwkThumbprint(jwk);
  const pkcs8 = await jose.exportPKCS8(privateKey);
  const type = jwk.kty === 'RSA' ? 'pkcs1' : 'sec1';
  const traditional = createPrivateKey(pkcs8).export({ type, format: 'pem' });
  const forms = [JSON.stringify({ ...(await jose.exportJWK(privateKey)), use }), pkcs8, traditional];
  return { privateKey, kid, public: { ...jwk, kid, use }, forms };
}

const sign = (claims, header, key) =>
  new jose.CompactSign(utf8.encode(JSON.stringify(claims))).setProtectedHeader(header).sign(key);

const encrypt = (payload, header, key) =>
  new jose.CompactEncrypt(utf8.encode(payload)).setProtectedHeader(header).encrypt(key);

async function make({ claims, recipient }) {
  const rsa = await pair('PS256', 'sig');
  const p256 = await pair('ES256', 'sig');
  const enc = await pair('RSA-OAEP', 'enc');
  const signed = Object.fromEntries(
    await Promise.all(
      SIGNING.map(async (alg) => {
        const { kid, privateKey } = alg === 'ES256' ? p256 : rsa;
        // The keys of the web have no algorithm of their own; this library's have.
        const key = await jose.importPKCS8(await jose.exportPKCS8(privateKey), alg);
        return [alg, await sign(claims, { alg, kid, typ: 'oauth-authz-req+jwt' }, key)];
      }),
    ),
  );
  const to = await Promise.all(KEYS.map(async (alg) => [alg, await jose.importJWK(recipient, alg)]));
  const tokens = [];
  for (const [alg, key] of to) {
    for (const content of CONTENTS) {
      const header = { alg, enc: content, kid: recipient.kid };
      for (const signing of SIGNING) {
        const token = await encrypt(signed[signing], { ...header, typ: 'JWT', cty: 'JWT' }, key);
        tokens.push({ signing, algorithm: alg, content, token });
      }
      tokens.push({ algorithm: alg, content, token: await encrypt(JSON.stringify(claims), header, key) });
    }
  }
  const keys = [rsa, p256].map(({ kid, forms }) => ({ kid, forms }));
  return {
    jwks: { keys: [rsa.public, p256.public] },
    signing: keys,
    decryption: { kid: enc.kid, forms: enc.forms },
    signed,
    tokens,
    refused: {
      signed: await unwantedSignatures(claims, rsa),
      encrypted: await unwantedEncryptions(signed.PS256, recipient),
    },
  };
}

// Signatures that are true and still not to be believed.
async function unwantedSignatures(claims, rsa) {
  const { kid, privateKey } = rsa;
  const pkcs8 = await jose.exportPKCS8(privateKey);
  const { privateKey: p384 } = await jose.generateKeyPair('ES384');
  const { privateKey: ed25519 } = await jose.generateKeyPair('EdDSA');
  const spki = createPublicKey(pkcs8).export({ type: 'spki', format: 'pem' });
  const ps256 = await jose.importPKCS8(pkcs8, 'PS256');
  const unsecured = new jose.UnsecuredJWT(claims).encode();
  return {
    RS512: await sign(claims, { alg: 'RS512', kid }, await jose.importPKCS8(pkcs8, 'RS512')),
    ES384: await sign(claims, { alg: 'ES384', kid }, p384),
    EdDSA: await sign(claims, { alg: 'EdDSA', kid }, ed25519),
    // The public key as a shared secret: whoever obeys the header takes it.
    HS256: await sign(claims, { alg: 'HS256', kid }, utf8.encode(spki)),
    none: unsecured,
    'a detached payload': (await sign(claims, { alg: 'PS256', kid }, ps256)).replace(/\..*\./, '..'),
    'critical b64': await new jose.CompactSign(utf8.encode('e30'))
      .setProtectedHeader({ alg: 'PS256', kid, b64: true, crit: ['b64'] })
      .sign(ps256),
  };
}

// Encryptions that the recipient could open and may not.
async function unwantedEncryptions(signed, recipient) {
  const { kid } = recipient;
  const key = async (alg) => jose.importJWK(recipient, alg);
  const shared = crypto.getRandomValues(new Uint8Array(32));
  const { publicKey: p256 } = await jose.generateKeyPair('ECDH-ES');
  const oaep = await key('RSA-OAEP');
  const header = { alg: 'RSA-OAEP', enc: 'A256GCM', kid, cty: 'JWT' };
  const once = await encrypt(signed, header, oaep);
  return {
    'RSA-OAEP-512': await encrypt(signed, { ...header, alg: 'RSA-OAEP-512' }, await key('RSA-OAEP-512')),
    'A192GCM': await encrypt(signed, { ...header, enc: 'A192GCM' }, oaep),
    dir: await encrypt(signed, { ...header, alg: 'dir' }, shared),
    A256KW: await encrypt(signed, { ...header, alg: 'A256KW' }, shared),
    'ECDH-ES': await encrypt(signed, { ...header, alg: 'ECDH-ES' }, p256),
    'PBES2-HS256+A128KW': await encrypt(signed, { ...header, alg: 'PBES2-HS256+A128KW' }, utf8.encode('password')),
    'no cty': await encrypt(signed, { ...header, cty: undefined }, oaep),
    'one in another': await encrypt(once, header, oaep),
    'plain claims': await encrypt('{"sub":"aino"}', header, oaep),
    'a critical header': await new jose.CompactEncrypt(utf8.encode(signed))
      .setProtectedHeader({ ...header, crit: ['exp'], exp: 1 })
      .encrypt(oaep, { crit: { exp: true } }),
  };
}

async function open({ jwks, keys, pems, tokens }) {
  const keyOf = ({ kid, alg }) => jose.importJWK(keys.find((jwk) => jwk.kid === kid), alg);
  const verifying = jose.createLocalJWKSet(jwks);
  const opened = [];
  for (const { token, signing, algorithm, content } of tokens) {
    let inner = token;
    let outer;
    if (algorithm) {
      const options = { keyManagementAlgorithms: [algorithm], contentEncryptionAlgorithms: [content] };
      const { plaintext, protectedHeader } = await jose.compactDecrypt(token, keyOf, options);
      inner = new TextDecoder().decode(plaintext);
      outer = protectedHeader;
    }
    if (!signing) {
      opened.push({ outer, claims: JSON.parse(inner) });
      continue;
    }
    const { payload, protectedHeader } = await jose.compactVerify(inner, verifying, { algorithms: [signing] });
    opened.push({ outer, header: protectedHeader, claims: JSON.parse(new TextDecoder().decode(payload)) });
  }
  const ofPem = async (pem) => jose.calculateJwkThumbprint(createPublicKey(pem).export({ format: 'jwk' }));
  return {
    opened,
    thumbprints: await Promise.all(jwks.keys.map((jwk) => jose.calculateJwkThumbprint(jwk))),
    pems: await Promise.all(pems.map(ofPem)),
  };
}

const { what, ...question } = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(await { make, open }[what](question)));
