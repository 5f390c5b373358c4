// GET /callback: GitHub sends the person back, and the policy decides here, for only here can a refused person be told
// why, whatever program they use.
import type { OpenIdClient } from "../config/sign-in.ts";
import { admit, refuse, transactionSeconds } from "./authorization-response.ts";
import { callerAddress } from "./caller-address.ts";
import {
  chooseAccountCookie,
  deleteCookie,
  isRandomId,
  maxCookieLength,
  readCookies,
  sessionCookie,
  setCookie,
  transactionCookie,
} from "./cookies.ts";
import { installedPage, mistakePage } from "./pages.ts";
import { type Parameters, parseParameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import { isAllowedRedirect, isLoopback } from "./redirect-uri.ts";
import { type Refusal, refusal, refusalOf } from "./refusal.ts";
import type { Session, Transaction } from "./sealed-values.ts";

/**
 * Only the browser that set out has the cookie; otherwise an attacker could take the code for another person's account.
 */
export async function answerCallback(request: Request, provider: Provider): Promise<Response> {
  const parameters = parseParameters(new URL(request.url).search.slice(1));
  const id = parameters.get("state");
  // GitHub leads here without a state after an owner has installed the app.
  if (id === null) return installedPage();
  const begun = await transactionOf(request, provider, id);
  if (begun === null) {
    return mistakePage(
      "This sign-in was begun in another browser, or more than ten minutes ago",
      "begin again in the program",
    );
  }
  const { transaction, client } = begun;
  const cookies = [deleteCookie(transactionCookie(id))];
  // Marked before GitHub is asked: of two requests with the same code one goes on.
  if (!provider.oneTimeUse.use(id)) {
    return mistakePage("This sign-in was used already", "go back to the program, or begin again there", { cookies });
  }
  const granted = await redeem(provider, request, parameters, transaction);
  if (granted.kind === "refused") {
    const { refusal, retryAfterSeconds } = granted;
    // Our page says to try again, and to load it again does: GitHub may not have seen the code.
    const isOver = refusal.kind === "refused" || isLoopback(transaction.redirectUri);
    if (!isOver) provider.oneTimeUse.release(id);
    return refuse(provider, transaction, refusal, {
      cookies: isOver ? cookies : [],
      ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    });
  }
  const { token, tokenEndsAt } = granted;
  const decision = await provider.decide(client, token, {
    grant: "authorization_code",
    step: "callback",
    tokenId: null,
    nonce: transaction.nonce,
  });
  const refused = refusalOf(decision);
  if (refused !== null) {
    const nextTime = refused.kind === "refused" ? [setCookie(chooseAccountCookie, "1", transactionSeconds)] : [];
    return refuse(provider, transaction, refused, { cookies: [...cookies, ...nextTime] });
  }
  // Only an evaluated decision admits, and it has facts then.
  const login = decision.kind === "evaluated" && decision.facts !== null ? decision.facts.account.login : "";
  const session = await sessionCookieOf(provider, { token, tokenEndsAt, login });
  return admit(request, provider, client, transaction, { token, tokenEndsAt, login, isShared: session.length > 0 }, [
    ...cookies,
    ...session,
    deleteCookie(chooseAccountCookie),
  ]);
}

/** @returns null where this browser did not set out with this id, or where the client may no longer use its address */
async function transactionOf(
  request: Request,
  provider: Provider,
  id: string,
): Promise<{ transaction: Transaction; client: OpenIdClient } | null> {
  const sealed = isRandomId(id) ? readCookies(request).get(transactionCookie(id)) : undefined;
  if (sealed === undefined) return null;
  const opened = await provider.sealer.open("transaction", "", sealed);
  if (opened.kind !== "opened" || opened.value.id !== id) return null;
  const client = provider.clients.get(opened.value.client);
  if (client === undefined || !isAllowedRedirect(client, opened.value.redirectUri)) return null;
  return { transaction: opened.value, client };
}

type Redeemed =
  | { readonly kind: "token"; readonly token: string; readonly tokenEndsAt: number }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly retryAfterSeconds: number | null };

/** GitHub's code becomes GitHub's token. */
async function redeem(
  provider: Provider,
  request: Request,
  parameters: Parameters,
  { githubVerifier }: Transaction,
): Promise<Redeemed> {
  const error = parameters.get("error");
  if (error === "access_denied") {
    return refused("The sign-in was declined at GitHub", "begin again if that was a mistake");
  }
  const code = parameters.get("code");
  // redirect_uri_mismatch, application_suspended: faults of this deployment.
  if (error !== null) provider.gitHub.noteRedirectError(error);
  if (error !== null || code === null) return unavailable();
  const address = callerAddress(request);
  if (address !== null && provider.refusedCodes.isOver(address)) {
    return unavailable("GitHub refused too many codes from this address", "try again in a minute", 60);
  }
  const answer = await provider.gitHub.redeemCode(code, githubVerifier);
  switch (answer.kind) {
    case "token":
      return answer;
    case "refused":
      if (address !== null) provider.refusedCodes.add(address);
      return refused("GitHub does not accept the code of this sign-in", "begin again");
    case "unverified_email":
      return refused(
        "GitHub wants a verified e-mail address first",
        "verify the address of this account in GitHub's settings, then begin again",
      );
    case "misconfigured":
      return unavailable();
    case "unavailable":
      return unavailable("GitHub does not answer as it should", "try again in some seconds", answer.retryAfterSeconds);
  }
}

function refused(problem: string, hint: string): Redeemed {
  return { kind: "refused", refusal: refusal("refused", { problem, hint }), retryAfterSeconds: null };
}

function unavailable(
  problem = "GitHub does not accept the app of this deployment",
  hint = "tell the people who run this cluster: its log says more",
  retryAfterSeconds: number | null = null,
): Redeemed {
  return { kind: "refused", refusal: refusal("undetermined", { problem, hint }), retryAfterSeconds };
}

/** @returns nothing where GitHub's token is too long for a cookie: then each client has a token of its own */
async function sessionCookieOf({ sealer, now }: Provider, session: Session): Promise<string[]> {
  const sealed = await sealer.seal("session", "", session, session.tokenEndsAt);
  if (sealed.length > maxCookieLength) return [];
  return [setCookie(sessionCookie, sealed, session.tokenEndsAt - Math.floor(now() / 1000))];
}
