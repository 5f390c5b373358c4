// Every grant of the sign-in hostname, by oauth4webapi: it knows nothing of Octogate, and checks each answer as the
// standards ask it to.
import { randomBytes } from "node:crypto";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleTokenOf } from "../../support/edge-client.ts";
import { enterDeviceCode, openBrowser } from "../../support/github-browser.ts";
import type { LocalEdge } from "../../support/local-edge.ts";
import { githubWebUrlOf, loopbackUri } from "../../support/openid-program.ts";
import { until } from "../../support/until.ts";
import { startEdgeWithApplications } from "../support/edge-with-applications.ts";
import {
  type Application,
  authorize,
  openApplication,
  redeem,
  redirectUri,
  refresh,
  tokensFor,
  tokensIn,
  userInfo,
} from "../support/openid-client.ts";

/** With what form-encoding changes. */
const secret = `${randomBytes(12).toString("hex")}+&%:`;

let edge: LocalEdge;
/** A web application, whose secret is in the Authorization header. */
let app: Application;
/** A cluster's client, on the person's own computer. */
let cluster: Application;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ edge, stop } = await startEdgeWithApplications({ app: secret, other: null }));
  app = await openApplication(edge, "app", oauth.ClientSecretBasic(secret));
  cluster = await openApplication(edge, "local", oauth.None());
});
afterAll(() => stop?.());

async function revoke({ server, client, authentication, options }: Application, token: string): Promise<void> {
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, token, options));
}

describe("a code is redeemed", () => {
  it.each([
    ["with the secret in the Authorization header", () => oauth.ClientSecretBasic(secret)],
    ["with the secret in the form", () => oauth.ClientSecretPost(secret)],
  ])("%s", async (_, authentication) => {
    const application = { ...app, authentication: authentication() };
    const { claims, expiresIn } = await tokensFor(application, await authorize(edge, application));
    expect(claims).toMatchObject({ aud: "app", preferred_username: "mona-manta" });
    expect(expiresIn).toBe(600);
  });

  it("without a secret by a program on the person's computer", async () => {
    const authorization = await authorize(edge, cluster, { redirect_uri: loopbackUri });
    const { claims } = await tokensFor(cluster, authorization, { redirectUri: loopbackUri });
    expect(claims).toMatchObject({ aud: "local", username: expect.stringMatching(/^mona-manta:\d+$/) });
  });

  it("with an empty secret, which is none, by kubectl and by Argo CD", async () => {
    const authorization = await authorize(edge, cluster, { redirect_uri: loopbackUri });
    const authentication: oauth.ClientAuth = (_as, client, _body, headers) =>
      headers.set("authorization", `Basic ${Buffer.from(`${client.client_id}:`).toString("base64")}`);
    await tokensFor(cluster, authorization, { redirectUri: loopbackUri, authentication });
  });

  it("by a client with a secret also without PKCE", async () => {
    const changes = { code_challenge: null, code_challenge_method: null };
    await tokensFor(app, await authorize(edge, app, changes), { verifier: oauth.nopkce });
  });
});

describe("a code is refused", () => {
  const refusal = async (response: Promise<Response>) => {
    const { status } = await response;
    const { error } = (await (await response).json()) as { error: string };
    return `${status} ${error}`;
  };

  it.each([
    ["with a wrong secret", { authentication: oauth.ClientSecretBasic("wrong") }, "401 invalid_client"],
    ["without the secret", { authentication: oauth.None() }, "401 invalid_client"],
    ["with another verifier", { verifier: oauth.generateRandomCodeVerifier() }, "400 invalid_grant"],
    ["without the verifier", { verifier: oauth.nopkce }, "400 invalid_grant"],
    ["with another redirect URI", { redirectUri: `${redirectUri}/` }, "400 invalid_grant"],
  ] as const)("%s, and is good after that", async (_, changes, expected) => {
    const authorization = await authorize(edge, app);
    expect(await refusal(redeem(app, authorization, changes))).toBe(expected);
    await tokensFor(app, authorization);
  });

  it("the second time, at once", async () => {
    const authorization = await authorize(edge, app);
    const answers = await Promise.all([1, 2, 3].map(() => redeem(app, authorization)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect(await refusal(redeem(app, authorization))).toBe("400 invalid_grant");
  });

  it("at another client", async () => {
    const authorization = await authorize(edge, app);
    const other = { ...app, client: { client_id: "other" }, authentication: oauth.None() };
    expect(await refusal(redeem(other, authorization))).toBe("400 invalid_grant");
  });

  it("with a verifier that was begun without a challenge", async () => {
    const authorization = await authorize(edge, app, { code_challenge: null, code_challenge_method: null });
    expect(await refusal(redeem(app, authorization))).toBe("400 invalid_grant");
  });
});

describe("a refresh", () => {
  it("keeps iss, sub and aud, has no nonce, and works more than once", async () => {
    const { claims, refreshToken, idToken } = await tokensFor(app, await authorize(edge, app));
    for (const _time of [1, 2]) {
      const again = await refresh(app, refreshToken);
      expect(again.claims).toMatchObject({ iss: claims.iss, sub: claims.sub, aud: claims.aud });
      expect(again.claims).not.toHaveProperty("nonce");
      expect(again.idToken).not.toBe(idToken);
    }
  });

  it("is refused to another client, and without the secret", async () => {
    const { refreshToken } = await tokensFor(app, await authorize(edge, app));
    const other = { ...app, client: { client_id: "other" }, authentication: oauth.None() };
    await expect(refresh(other, refreshToken)).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
    const silent = { ...app, authentication: oauth.None() };
    await expect(refresh(silent, refreshToken)).rejects.toMatchObject({ status: 401 });
  });
});

describe("device flow", () => {
  async function begun() {
    const { server, client, authentication, options } = cluster;
    const response = await oauth.deviceAuthorizationRequest(
      server,
      client,
      authentication,
      { scope: "openid" },
      options,
    );
    return oauth.processDeviceAuthorizationResponse(server, client, response);
  }
  async function poll(deviceCode: string) {
    const { server, client, authentication, options } = cluster;
    const response = await oauth.deviceCodeGrantRequest(server, client, authentication, deviceCode, options);
    return oauth.processDeviceCodeResponse(server, client, response);
  }
  async function decide(code: oauth.DeviceAuthorizationResponse, decision: "Authorize" | "Cancel") {
    const browser = openBrowser({ origins: [await githubWebUrlOf(edge)] });
    const device = { verificationUri: code.verification_uri, userCode: code.user_code };
    await enterDeviceCode(browser, device, "mona-manta", decision);
  }
  /** Polls as the code says. GitHub's own interval is five seconds. */
  async function untilDecided(code: oauth.DeviceAuthorizationResponse): Promise<unknown> {
    const isPending = (error: unknown) =>
      error instanceof oauth.ResponseBodyError && error.error === "authorization_pending";
    const decided = () => poll(code.device_code).catch((error: unknown) => (isPending(error) ? undefined : { error }));
    return until(decided, 30_000, "the code is decided");
  }

  it("gives tokens once the person has approved the code, and revocation ends them at GitHub", async () => {
    const code = await begun();
    expect(code).toMatchObject({ interval: 7, expires_in: 900 });
    await expect(poll(code.device_code)).rejects.toMatchObject({ error: "authorization_pending" });
    await decide(code, "Authorize");
    const answer = await untilDecided(code);
    // What is no error is the library's answer.
    const { claims, refreshToken } = tokensIn(answer as oauth.TokenEndpointResponse);
    expect(claims).toMatchObject({ aud: "local", preferred_username: "mona-manta" });
    await refresh(cluster, refreshToken);
    await revoke(cluster, refreshToken);
    await expect(refresh(cluster, refreshToken)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  it("tells the program that the person declined", async () => {
    const code = await begun();
    await decide(code, "Cancel");
    expect(await untilDecided(code)).toMatchObject({ error: { error: "access_denied" } });
  });

  it("is not for clients that do not have it", async () => {
    const { server, client, authentication, options } = app;
    const response = await oauth.deviceAuthorizationRequest(server, client, authentication, {}, options);
    await expect(oauth.processDeviceAuthorizationResponse(server, client, response)).rejects.toMatchObject({
      error: "unauthorized_client",
    });
  });
});

describe("an exchange", () => {
  async function exchange(token: string, audience = "local") {
    const { server, client, options } = cluster;
    const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";
    const parameters = {
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience,
    };
    const response = await oauth.genericTokenEndpointRequest(
      ...([server, client, oauth.None(), grantType, parameters, options] as const),
    );
    // The standard's token type for what is no access token, which the library has to be told.
    const recognizedTokenTypes = { n_a: () => undefined };
    return oauth.processGenericTokenEndpointResponse(server, client, response, { recognizedTokenTypes });
  }

  it("gives an ID token for a GitHub token that its owner brings", async () => {
    const answer = await exchange(sampleTokenOf(edge, "org-member"));
    expect(answer).toMatchObject({ issued_token_type: "urn:ietf:params:oauth:token-type:id_token", expires_in: 600 });
    expect(answer).not.toHaveProperty("refresh_token");
  });

  it("says the same to all who are not admitted, and of clients that take none", async () => {
    for (const [name, audience] of [
      ["outsider", "local"],
      ["org-member", "app"],
      ["org-member", "nowhere"],
    ] as const) {
      await expect(exchange(sampleTokenOf(edge, name), audience)).rejects.toMatchObject({ error: "invalid_target" });
    }
  });

  it("takes no token of its own making", async () => {
    const { idToken, refreshToken, accessToken } = await tokensFor(app, await authorize(edge, app));
    for (const token of [idToken, refreshToken, accessToken]) {
      await expect(exchange(token)).rejects.toMatchObject({ error: "invalid_request" });
    }
  });
});

describe("revocation", () => {
  it("says where a sign-in ends that the browser shares, and ends nothing itself", async () => {
    const { refreshToken } = await tokensFor(app, await authorize(edge, app));
    await expect(revoke(app, refreshToken)).rejects.toMatchObject({
      error: "unsupported_token_type",
      error_description: expect.stringContaining("/sign-out"),
    });
    await refresh(app, refreshToken);
  });

  it("has nothing to do for what is none of its tokens", async () => {
    await revoke(app, randomBytes(40).toString("base64url"));
  });
});

it("userinfo says the same by GET and by POST, in the header and in the form", async () => {
  const tokens = await tokensFor(app, await authorize(edge, app));
  const byGet = await userInfo(app, tokens);
  expect(byGet).toMatchObject({ sub: tokens.claims.sub, groups: tokens.claims.groups });
  const address = app.server.userinfo_endpoint ?? "";
  const send = app.options[oauth.customFetch];
  const headers = { authorization: `Bearer ${tokens.accessToken}` };
  const form = new URLSearchParams({ access_token: tokens.accessToken });
  for (const init of [{ headers }, { body: form }]) {
    const response = await send(address, { method: "POST", ...init });
    expect(await oauth.processUserInfoResponse(app.server, app.client, tokens.claims.sub, response)).toEqual(byGet);
  }
});
