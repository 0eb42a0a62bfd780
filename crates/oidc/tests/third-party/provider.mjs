// A provincial identity platform: the library oidc-provider with its own sign-in pages. It is told by arguments which client
// it has, and prints its issuer once it listens.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const folder = process.env.YIMEN_OIDC_NODE;
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));

const [client_id, client_secret, redirect_uri, number] = process.argv.slice(2);
const people = {
  wang: { id_number: number, real_name: '王小明', level: 'L3' },
  weak: { id_number: number, real_name: '王小明', level: 'L1' },
  other: { id_number: number, real_name: '王大明', level: 'L3' },
  broken: { id_number: '000000199001010000', real_name: '王小明', level: 'L3' },
};

// Its advice for operators would go where nobody reads.
for (const kind of ['log', 'info', 'warn', 'error']) console[kind] = () => {};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect_uri], response_types: ['code'], grant_types: ['authorization_code'] }],
    claims: { openid: ['sub'], identity: ['id_number', 'real_name', 'level'] },
    scopes: ['openid', 'identity'],
    pkce: { methods: ['S256'], required: () => true },
    findAccount: (ctx, id) => (people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
    // Whoever is signed in has agreed.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid identity');
      await grant.save();
      return grant;
    },
  });
  server.on('request', provider.callback());
  process.stdout.write(`${issuer}\n`);
});
