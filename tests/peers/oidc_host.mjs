// npm's oidc-provider as a strict provider: PKCE is enforced, refresh tokens rotate, and a used one ends the whole grant.
// Started by oidc.py with its port and, as JSON, client id, secret and redirect URI in the environment.
import Provider from "oidc-provider";

const { PEER_PORT: port, PEER_CLIENT: client, PEER_SECONDS: seconds } = process.env;
const { id, secret, back } = JSON.parse(client);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: id,
    client_secret: secret,
    redirect_uris: [back],
    token_endpoint_auth_method: "client_secret_post",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
  }],
  findAccount: async (_, login) => ({
    accountId: login,
    claims: async () => ({ sub: login, email: login, email_verified: true, preferred_username: login, name: login }),
  }),
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username", "name"] },
  // The address belongs into the ID token, which is where the console reads it.
  conformIdTokenClaims: false,
  scopes: [
    "openid", "email", "profile", "offline_access", "User.Read", "Mail.ReadWrite", "Mail.Send", "MailboxSettings.Read",
    "https://www.googleapis.com/auth/gmail.send", "https://www.googleapis.com/auth/gmail.readonly",
  ],
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  ttl: { AccessToken: Number(seconds), RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 3600 },
  // Google gives a refresh token for access_type=offline, which this provider knows as a scope only.
  issueRefreshToken: async () => true,
  rotateRefreshToken: () => true,
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
});
// Microsoft gives offline access without asking for consent anew; here it goes with prompt=consent only (OpenID Connect
// Core, 11), and without it a renewal that names it is refused.
provider.use((ctx, next) => {
  if (ctx.path === "/auth" && ctx.query.scope?.includes("offline_access")) ctx.query = { prompt: "consent", ...ctx.query };
  return next();
});
// Its own pages would fetch a font from outside this machine.
provider.use(async (ctx, next) => {
  await next();
  if (typeof ctx.body === "string") ctx.body = ctx.body.replace(/@import url\([^)]*\);/, "");
});
provider.listen(Number(port), "127.0.0.1");
