// An identity provider of npm's oidc-provider, configured and nothing more: every protocol answer and every page is
// the library's own. `server.mjs PLATFORM_BASE_URL`; says in one line of JSON where it listens.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [platform] = process.argv.slice(2);

// The library's own sign-in page takes any password; who exists is decided here, by name or by address.
const people = [
  { sub: 'ana', email: 'ana.lund@northlake.example', given_name: 'Ana', family_name: 'Lund' },
  { sub: 'ben', email: 'ben.ode@northlake.example', given_name: 'Ben', family_name: 'Ode' },
  { sub: 'eve', email: 'eve.hart@eastfield.example', given_name: 'Eve', family_name: 'Hart' },
];
const find = (name) => people.find((one) => one.sub === name || one.email === name);

// A native client may come back at any loopback port (RFC 8252 §7.3).
const native = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/callback'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
};

const http = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${http.address().port}/`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: 'idconsole', client_name: 'idconsole', ...native },
      { client_id: 'idconsole-brief', client_name: 'idconsole, codes of one second', ...native },
      {
        client_id: 'platform',
        client_name: 'Clinic platform',
        client_secret: 'secret-at-the-real-provider',
        redirect_uris: [`${platform}auth/external`],
      },
    ],
    findAccount: (_ctx, name) => {
      const person = find(name);
      return person && { accountId: name, claims: () => ({ ...person, email_verified: true }) };
    },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['given_name', 'family_name'],
    },
    // The platform reads the ID token and never asks userinfo in the browser flow (platform-api §10.2).
    conformIdTokenClaims: false,
    features: { deviceFlow: { enabled: true } },
    ttl: {
      DeviceCode: (_ctx, _code, client) => (client.clientId === 'idconsole-brief' ? 1 : 600),
      AccessToken: 3600,
      AuthorizationCode: 60,
      IdToken: 3600,
      RefreshToken: 86400,
      Grant: 86400,
      Interaction: 600,
      Session: 86400,
    },
    cookies: { keys: ['of this run only'] },
  });
  http.on('request', provider.callback());
  console.log(JSON.stringify({ issuer }));
});
