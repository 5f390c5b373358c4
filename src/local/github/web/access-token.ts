// POST /login/oauth/access_token: an app redeems a code, polls for a device, or refreshes a token.
import { Hono } from "hono";
import type { StandInAccount } from "../accounts.ts";
import type { RegisteredApp } from "../apps.ts";
import { refreshTokenLifeSeconds, tokenLifeSeconds, type UserToken } from "../authorisations.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import { type Parameters, parametersOf } from "./parameters.ts";
import { tokenError, tokenResponse, tooManyRequests } from "./responses.ts";

const accessTokenPath = "/login/oauth/access_token";
export const accessTokenRoutes = new Hono<StandInEnv>();

type GrantHandler = (c: StandInContext, app: RegisteredApp, parameters: Parameters) => Response;

const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code";

const handlers: Readonly<Record<string, GrantHandler | undefined>> = {
  authorization_code: redeemCode,
  refresh_token: refreshToken,
  [deviceGrantType]: pollForDevice,
};

accessTokenRoutes.post(accessTokenPath, async (c) => {
  const parameters = await parametersOf(c);
  const { apps, rateLimits } = c.get("github");
  const app = apps.byClientId(parameters.client_id ?? null);
  if (app === null) return tokenError(c, "incorrect_client_credentials");
  const { tokenRequests } = rateLimits.signInsOf(app);
  if (tokenRequests.isExhausted()) return tooManyRequests(c);
  tokenRequests.spend();
  // GitHub's documentation redeems a code without naming the grant.
  const grantType = parameters.grant_type ?? (parameters.code === undefined ? "" : "authorization_code");
  const handle = Object.hasOwn(handlers, grantType) ? handlers[grantType] : undefined;
  return handle === undefined ? tokenError(c, "unsupported_grant_type") : handle(c, app, parameters);
});

function redeemCode(c: StandInContext, app: RegisteredApp, parameters: Parameters): Response {
  const { client_secret: secret, code = null, redirect_uri: redirectUri = null } = parameters;
  const { code_verifier: verifier = null } = parameters;
  if (secret !== app.clientSecret) return tokenError(c, "incorrect_client_credentials");
  const redeemed = c.get("github").authorisationCodes.redeem(app, { code, redirectUri, verifier });
  return redeemed.kind === "account" ? issued(c, app, redeemed.account, false) : tokenError(c, redeemed.kind);
}

function refreshToken(c: StandInContext, app: RegisteredApp, parameters: Parameters): Response {
  const { authorisations } = c.get("github");
  const old = authorisations.byRefreshToken(app, parameters.refresh_token ?? "");
  const isSecretNeeded = old === null || !old.isFromDevice || parameters.client_secret !== undefined;
  if (isSecretNeeded && parameters.client_secret !== app.clientSecret) {
    return tokenError(c, "incorrect_client_credentials");
  }
  return old === null ? tokenError(c, "bad_refresh_token") : tokenBody(c, authorisations.refresh(old));
}

function pollForDevice(c: StandInContext, app: RegisteredApp, parameters: Parameters): Response {
  if (!app.deviceFlow) return tokenError(c, "device_flow_disabled");
  const poll = c.get("github").deviceCodes.poll(app, parameters.device_code ?? null);
  switch (poll.kind) {
    case "account":
      return issued(c, app, poll.account, true);
    case "slow_down":
      return tokenError(c, "slow_down", { members: { interval: poll.intervalSeconds } });
    default:
      return tokenError(c, poll.kind);
  }
}

function issued(c: StandInContext, app: RegisteredApp, account: StandInAccount, isFromDevice: boolean): Response {
  return tokenBody(c, c.get("github").authorisations.issue(app, account, isFromDevice));
}

/** A GitHub App's token has permissions, not scopes: `scope` is always there, and always empty. */
function tokenBody(c: StandInContext, { token, refreshToken }: UserToken): Response {
  const ending =
    refreshToken === null
      ? {}
      : {
          expires_in: tokenLifeSeconds,
          refresh_token: refreshToken,
          refresh_token_expires_in: refreshTokenLifeSeconds,
        };
  return tokenResponse(c, { access_token: token, ...ending, scope: "", token_type: "bearer" });
}
