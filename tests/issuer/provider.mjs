// A real OpenID provider on loopback for the tests: `node provider.mjs PORT REDIRECT [ALGORITHM] [public]`.
// Accounts: whoever signs in is who he says, with the groups his login names after a colon: "nina:approvers".
// Lines on standard input: "rotate" makes new keys; the provider says "ready" and "rotated" on standard output.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, redirect] = [Number(process.argv[2]), process.argv[3]];
const issuer = `http://localhost:${port}`;
const isPublic = process.argv[5] === 'public';
let generation = 0;
let handler;

function keys() {
  generation += 1;
  const made = [
    ['rsa', { modulusLength: 2048 }, `rsa-${generation}`, 'RS256'],
    ['ec', { namedCurve: 'P-256' }, `ec-${generation}`, 'ES256'],
  ];
  return made.map(([kind, options, kid, alg]) => ({
    ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig',
  }));
}

function build() {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'custodes', redirect_uris: [redirect],
      ...(isPublic ? {} : { client_secret: 'a client\'s secret, with spaces' }),
      response_types: ['code'], grant_types: ['authorization_code'], application_type: 'native',
      token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
      id_token_signed_response_alg: process.argv[4] || 'ES256',
    }],
    jwks: { keys: keys() },
    cookies: { keys: ['for tests only'] },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'groups', 'name'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    ttl: { AuthorizationCode: 60, IdToken: 300, AccessToken: 300, Grant: 600, Interaction: 600, Session: 600 },
    async findAccount(_ctx, login) {
      const [name, groups = ''] = login.split(':');
      return {
        accountId: login,
        claims: async () => ({ sub: login, name, groups: groups.split('+').filter(Boolean) }),
      };
    },
  });
  return provider.callback();
}

handler = build();
createServer((request, response) => handler(request, response)).listen(port, '127.0.0.1', () => {
  console.log('ready');
});
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'rotate') {
    handler = build();
    console.log('rotated');
  }
}).on('close', () => process.exit(0));
