// A web application as an OpenID client, on oauth4webapi: each request and each check of an answer is a call of its
// own.
import * as oauth from "oauth4webapi";
import type { Visit } from "../../support/github-browser.ts";
import type { LocalEdge } from "../../support/local-edge.ts";
import { githubWebUrlOf, openPersonsBrowser, signIn, trustingFetch } from "../../support/openid-program.ts";

/** Where no browser of the tests goes: it stops there, with what the application gets. */
export const redirectUri = "https://app.acme.test/callback";

export interface Application {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly authentication: oauth.ClientAuth;
  /** For each request of the library. */
  readonly options: { [oauth.customFetch]: (address: string, init: object) => Promise<Response> };
}

/** @param authentication how the client shows its secret */
export async function openApplication(
  edge: LocalEdge,
  clientId: string,
  authentication: oauth.ClientAuth,
): Promise<Application> {
  const issuer = new URL(`https://localhost:${edge.signInPort}`);
  const send = await trustingFetch(edge);
  const options = { [oauth.customFetch]: (address: string, init: object) => send(address, init) };
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
  return { server, client: { client_id: clientId }, authentication, options };
}

export type Parameters = Readonly<Record<string, string | null>>;

export interface Authorization {
  /** Where the browser was sent, or the page on which it stayed. */
  readonly end: Visit;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/**
 * The address to which an application sends a person. @param changes parameters in place of the usual; null: without
 */
export async function authorizationAddress({ server, client }: Application, changes: Parameters = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const parameters: Parameters = {
    client_id: client.client_id,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...{ state, nonce, ...changes },
  };
  const url = new URL(server.authorization_endpoint ?? "");
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  return { url, verifier, state: parameters.state ?? "", nonce: parameters.nonce ?? "" };
}

/** A person goes the whole way in a browser of their own, or in a given one. */
export async function authorize(
  edge: LocalEdge,
  application: Application,
  changes: Parameters = {},
  { person = "mona-manta", browser }: { person?: string; browser?: Awaited<ReturnType<typeof newBrowser>> } = {},
): Promise<Authorization> {
  const { url, ...begun } = await authorizationAddress(application, changes);
  const end = await signIn(browser ?? (await newBrowser(edge)), url.href, person);
  return { end, ...begun };
}

export async function newBrowser(edge: LocalEdge) {
  return openPersonsBrowser(edge, await githubWebUrlOf(edge));
}

/** @throws oauth.AuthorizationResponseError with the provider's error; and for a wrong `state` or `iss` */
export function parametersOf({ server, client }: Application, { end, state }: Authorization): URLSearchParams {
  if (end.kind === "page") throw new Error(`the browser stayed on a page: ${end.text}`);
  const expected = state === "" ? oauth.expectNoState : state;
  return oauth.validateAuthResponse(server, client, new URL(end.url), expected);
}

export interface Redemption {
  readonly redirectUri?: string;
  readonly verifier?: string | typeof oauth.nopkce;
  readonly authentication?: oauth.ClientAuth;
}

/** The request with a code, before its answer is looked at. */
export function redeem(application: Application, authorization: Authorization, changes: Redemption = {}) {
  const { server, client, options } = application;
  return oauth.authorizationCodeGrantRequest(
    server,
    client,
    changes.authentication ?? application.authentication,
    parametersOf(application, authorization),
    changes.redirectUri ?? redirectUri,
    changes.verifier ?? authorization.verifier,
    options,
  );
}

export interface Tokens {
  readonly claims: oauth.IDToken;
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

/** Redeems the code, and checks answer, ID token and signature. */
export async function tokensFor(application: Application, authorization: Authorization, changes: Redemption = {}) {
  const { server, client, options } = application;
  const response = await redeem(application, authorization, changes);
  const { nonce } = authorization;
  const answer = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce === "" ? oauth.expectNoNonce : nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, options);
  return tokensIn(answer);
}

/** Refreshes, and checks answer, ID token and signature. */
export async function refresh({ server, client, authentication, options }: Application, refreshToken: string) {
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, options);
  const answer = await oauth.processRefreshTokenResponse(server, client, response);
  await oauth.validateApplicationLevelSignature(server, response, options);
  return tokensIn(answer);
}

export function tokensIn(answer: oauth.TokenEndpointResponse): Tokens {
  const claims = oauth.getValidatedIdTokenClaims(answer);
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = answer;
  if (claims === undefined || idToken === undefined || refreshToken === undefined || expiresIn === undefined) {
    throw new Error(`the token answer has only ${Object.keys(answer).join(", ")}`);
  }
  return { claims, idToken, accessToken, refreshToken, expiresIn };
}

/** Who the person is now, by the library's request and check. */
export async function userInfo({ server, client, options }: Application, { accessToken, claims }: Tokens) {
  const response = await oauth.userInfoRequest(server, client, accessToken, options);
  return oauth.processUserInfoResponse(server, client, claims.sub, response);
}
