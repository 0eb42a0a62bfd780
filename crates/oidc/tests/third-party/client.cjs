// A department's system: the library openid-client, told what to do line by line on standard input, answering line by line.
'use strict';
const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

const load = createRequire(`${process.env.YIMEN_OIDC_NODE}/`);
const { Issuer, generators } = load('openid-client');

let client;
let redirect;
let going = {};
const real = Date.now;

const acts = {
  // The library's clock, as far ahead as the server's.
  async clock({ ahead }) {
    Date.now = () => real() + ahead;
    return {};
  },
  async discover({ issuer, id, secret, redirect_uri, auth }) {
    const found = await Issuer.discover(issuer);
    redirect = redirect_uri;
    client = new found.Client({
      client_id: id,
      client_secret: secret,
      redirect_uris: [redirect_uri],
      response_types: ['code'],
      token_endpoint_auth_method: auth,
      id_token_signed_response_alg: 'ES256',
    });
    return found.metadata;
  },
  async authorization_url(more) {
    going = { verifier: generators.codeVerifier(), state: generators.state(), nonce: generators.nonce() };
    const url = client.authorizationUrl({
      scope: 'openid profile work',
      state: going.state,
      nonce: going.nonce,
      code_challenge: generators.codeChallenge(going.verifier),
      code_challenge_method: 'S256',
      ...more,
    });
    return { url };
  },
  // `changed` overrides what the client remembers: a wrong verifier, nonce or state.
  async callback({ url, changed }) {
    const kept = { ...going, ...changed };
    const tokens = await client.callback(redirect, client.callbackParams(url), {
      code_verifier: kept.verifier,
      state: kept.state,
      nonce: kept.nonce,
      max_age: kept.max_age,
      response_type: 'code',
    });
    return { ...tokens, claims: tokens.claims() };
  },
  async refresh({ token }) {
    const tokens = await client.refresh(token);
    return { ...tokens, claims: tokens.claims() };
  },
  async userinfo({ token, subject }) {
    return client.userinfo(token, subject ? { expectedSubject: subject } : {});
  },
  async revoke({ token }) {
    await client.revoke(token);
    return {};
  },
  async end_session_url(more) {
    return { url: client.endSessionUrl(more) };
  },
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  let answer;
  try {
    const { act, ...given } = JSON.parse(line);
    answer = await acts[act](given);
  } catch (error) {
    answer = { failed: error.error ?? error.name, why: error.error_description ?? error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
