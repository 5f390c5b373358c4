// GET and POST /authorize: a client sends a person here to sign in, and the person goes on to GitHub.
import type { Decision } from "../authenticate.ts";
import type { OpenIdClient } from "../config/sign-in.ts";
import { authorizationRequestOf, type ParsedAuthorization, parseAuthorization } from "./authorization-request.ts";
import { admit, errorAddress, redirect, refuse, transactionSeconds } from "./authorization-response.ts";
import {
  base64url,
  chooseAccountCookie,
  deleteCookie,
  maxCookieLength,
  randomId,
  readCookies,
  sessionCookie,
  setCookie,
  transactionCookie,
  transactionsIn,
} from "./cookies.ts";
import { readFormParameters } from "./form.ts";
import { mistakePage } from "./pages.ts";
import { type Parameters, parseParameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import { isAllowedRedirect, isLoopback, withParameters } from "./redirect-uri.ts";
import { refusalOf } from "./refusal.ts";
import type { AuthorizationRequest } from "./sealed-values.ts";

/** So that tabs do not end each other's sign-in, and a request's headers stay small. */
const maxTransactions = 6;

/**
 * Where client and redirect URI are not both known, there is no address that could be trusted: the answer is a page.
 */
export async function answerAuthorize(request: Request, provider: Provider): Promise<Response> {
  const parameters = await parametersOf(request);
  if (parameters === null) return mistakePage("The request is no form, or too large", "begin again in the program");
  const client = provider.clients.get(parameters.get("client_id") ?? "");
  if (client === undefined) {
    return mistakePage("No cluster or application has this client_id here", "look for a typing error in client_id");
  }
  const redirectUri = parameters.get("redirect_uri");
  if (redirectUri === null || !isAllowedRedirect(client, redirectUri)) {
    return mistakePage(
      "The client must not use this redirect_uri",
      "the people who run it list its addresses in redirect_uris, letter for letter",
    );
  }
  const parsed = parseAuthorization(parameters, client, redirectUri);
  if (parsed.kind === "wrong") {
    return redirect(errorAddress(provider, { redirectUri, state: parsed.state }, parsed.error, parsed.description));
  }
  if (request.method === "POST") return redirect(asGet(provider, parameters));
  const fromSession = await answerFromSession(request, provider, client, parsed);
  if (fromSession !== null) return fromSession;
  return parsed.isSilent
    ? redirect(errorAddress(provider, parsed.request, "login_required", "The person has to be asked, in a browser"))
    : sendToGitHub(request, provider, client, parsed);
}

/**
 * A form of another site comes without our cookies (SameSite=Lax), and what it sets would come on top of them: a page
 * could fill a browser with transactions until no request fits any more. A navigation brings them.
 */
function asGet({ settings }: Provider, parameters: Parameters): string {
  const carried = carriedParameters.map((name) => [name, parameters.get(name)]);
  return withParameters(`${settings.issuerUrl}/authorize`, Object.fromEntries(carried));
}

/** All that is read here, but for those that are errors. */
const carriedParameters = [
  ...["client_id", "redirect_uri", "response_type", "response_mode", "state", "nonce"],
  ...["code_challenge", "code_challenge_method", "prompt", "login_hint", "id_token_hint"],
] as const;

/** @returns null for a body that is no form */
async function parametersOf(request: Request): Promise<Parameters | null> {
  if (request.method !== "POST") return parseParameters(new URL(request.url).search.slice(1));
  const form = await readFormParameters(request);
  return form.kind === "read" ? form.parameters : null;
}

type RightAuthorization = Extract<ParsedAuthorization, { kind: "right" }>;

/**
 * A browser that has signed in goes straight to the verdict: GitHub keeps ten tokens a person and app, so further
 * clients share one.
 *
 * @returns null where the person has to go to GitHub: there is no session, or it is not the right one
 */
async function answerFromSession(
  request: Request,
  provider: Provider,
  client: OpenIdClient,
  { request: wanted, loginHint, selectAccount, isSilent, subjectHint }: RightAuthorization,
): Promise<Response | null> {
  const sealed = readCookies(request).get(sessionCookie);
  if (sealed === undefined || selectAccount) return null;
  // Before a code for a program on this computer comes our page.
  if (isSilent && isLoopback(wanted.redirectUri)) return null;
  const session = await provider.sealer.open("session", "", sealed);
  if (session.kind !== "opened") return null;
  const { token, tokenEndsAt, login } = session.value;
  if (loginHint !== null && loginHint.toLowerCase() !== login.toLowerCase()) return null;
  const decision = await provider.decide(client, token, {
    grant: "authorization_code",
    step: "callback",
    tokenId: null,
    nonce: wanted.nonce,
  });
  const refusal = refusalOf(decision);
  if (refusal === null) {
    if (isSilent && subjectHint !== null && subjectHint !== subjectOf(decision)) return null;
    return admit(request, provider, client, wanted, { token, tokenEndsAt, login, isShared: true }, []);
  }
  if (isSilent && refusal.kind === "undetermined") {
    return redirect(errorAddress(provider, wanted, "temporarily_unavailable", refusal.description));
  }
  // The person may have another account that is admitted, or a session that GitHub has ended: GitHub's page decides.
  return refusal.kind === "refused" ? null : refuse(provider, wanted, refusal);
}

function subjectOf({ verdict }: Decision): string | null {
  return verdict.kind === "authenticated" ? verdict.user.uid : null;
}

/** Seals what was asked for into a cookie, and leads to GitHub's authorize page. */
export async function sendToGitHub(
  request: Request,
  provider: Provider,
  client: OpenIdClient,
  { request: wanted, loginHint, selectAccount }: GitHubVisit,
): Promise<Response> {
  const id = randomId();
  const githubVerifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(githubVerifier));
  const transaction = { ...authorizationRequestOf(wanted), id, client: client.name, githubVerifier };
  const endsAt = Math.floor(provider.now() / 1000) + transactionSeconds;
  const sealed = await provider.sealer.seal("transaction", "", transaction, endsAt);
  if (sealed.length > maxCookieLength) {
    const description = "state, nonce and redirect_uri together are too long for a cookie";
    return redirect(errorAddress(provider, { ...wanted, state: null }, "invalid_request", description));
  }
  const address = provider.gitHub.authorizeAddress({
    state: id,
    challenge: base64url(new Uint8Array(digest)),
    loginHint,
    selectAccount: selectAccount || readCookies(request).has(chooseAccountCookie),
  });
  const tooMany = await oldestTransactions(request, provider);
  return redirect(address, [
    ...tooMany.map((oldId) => deleteCookie(transactionCookie(oldId))),
    setCookie(transactionCookie(id), sealed, transactionSeconds),
  ]);
}

export interface GitHubVisit {
  readonly request: AuthorizationRequest;
  readonly loginHint: string | null;
  readonly selectAccount: boolean;
}

/** @returns the ids of those that must go, so that there is room for one more */
async function oldestTransactions(request: Request, { sealer }: Provider): Promise<string[]> {
  const transactions = [...transactionsIn(readCookies(request))];
  if (transactions.length < maxTransactions) return [];
  const ends = await Promise.all(
    transactions.map(async ([id, sealed]) => {
      const opened = await sealer.open("transaction", "", sealed);
      return { id, endsAt: opened.kind === "opened" ? opened.endsAt : 0 };
    }),
  );
  ends.sort((one, other) => one.endsAt - other.endsAt);
  return ends.slice(0, transactions.length - maxTransactions + 1).map(({ id }) => id);
}
