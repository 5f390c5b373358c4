// /login/oauth/authorize: a person lets an app in or not, and the browser goes back to the app. It goes back at once
// where there is nothing to ask.
import { Hono } from "hono";
import { isSameName, type StandInAccount } from "../accounts.ts";
import type { RegisteredApp } from "../apps.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import { authorizePage, mismatchPage, type PageReason } from "./pages.ts";
import { type Parameters, parametersOf } from "./parameters.ts";
import { choicesOfPeople, mayAuthorise, personNamed } from "./people.ts";
import { notFoundResponse, pageResponse, redirectToApp, redirectWithError } from "./responses.ts";
import { signedInAccounts, signIn } from "./session.ts";

const authorizePath = "/login/oauth/authorize";
export const authorizeRoutes = new Hono<StandInEnv>();

/** What an app asks for, after the checks that no person can change anything about. */
interface AuthorizeRequest {
  readonly app: RegisteredApp;
  readonly redirectUri: string;
  readonly parameters: Parameters;
}

type Checked =
  | { readonly kind: "request"; readonly request: AuthorizeRequest }
  | { readonly kind: "refused"; readonly response: Response };

/** Others are ignored, as at GitHub. A form repeats these. */
const parameterNames = [
  ...["client_id", "redirect_uri", "state", "scope", "login", "allow_signup", "prompt"],
  ...["code_challenge", "code_challenge_method"],
];

authorizeRoutes.get(authorizePath, async (c) => {
  const checked = await check(c, c.req.query());
  if (checked.kind === "refused") return checked.response;
  const { request } = checked;
  const accounts = signedInAccounts(c);
  const [account] = accounts;
  const reason = reasonForPage(c, request, accounts);
  if (account !== undefined && reason !== "select_account" && !mayAuthorise(request.app, account)) {
    return notFoundResponse(c);
  }
  if (account !== undefined && reason === null) return sendCode(c, request, account);
  const suggested = c.get("github").accounts.byLogin(request.parameters.login ?? "") ?? account;
  return showPage(c, request, reason ?? "sign_in", suggested?.login ?? null);
});

authorizeRoutes.post(authorizePath, async (c) => {
  const form = await parametersOf(c);
  const checked = await check(c, form);
  if (checked.kind === "refused") return checked.response;
  const { request } = checked;
  const { app, redirectUri, parameters } = request;
  if (form.authorize !== "1") return redirectWithError(c, redirectUri, "access_denied", parameters.state);
  const account = personNamed(c.get("github"), form.person);
  if (account === null) return showPage(c, request, "sign_in", null, "Choose a person.");
  signIn(c, account);
  if (!mayAuthorise(app, account)) return notFoundResponse(c);
  c.get("github").authorisations.approve(app, account);
  return sendCode(c, request, account);
});

async function check(c: StandInContext, all: Parameters): Promise<Checked> {
  const { apps, showsMismatchPage } = c.get("github");
  const parameters = Object.fromEntries(parameterNames.map((name) => [name, all[name]]));
  const { client_id: clientId = null, redirect_uri: asked, state } = parameters;
  const app = apps.byClientId(clientId);
  const [registered] = app?.callbackUrls ?? [];
  const refuse = async (response: Response | Promise<Response>): Promise<Checked> => {
    return { kind: "refused", response: await response };
  };
  if (app === null || registered === undefined) return refuse(notFoundResponse(c));
  if (app.isSuspended) return refuse(redirectWithError(c, registered, "application_suspended", state));
  const redirectUri = asked ?? registered;
  if (!app.callbackUrls.includes(redirectUri)) {
    if (showsMismatchPage) return refuse(pageResponse(c, mismatchPage()));
    return refuse(redirectWithError(c, registered, "redirect_uri_mismatch", state));
  }
  return { kind: "request", request: { app, redirectUri, parameters } };
}

/** @returns null where GitHub asks nothing: one account is signed in, and has let the app in before */
function reasonForPage(
  c: StandInContext,
  { app, redirectUri, parameters }: AuthorizeRequest,
  accounts: readonly StandInAccount[],
): PageReason | null {
  const [account] = accounts;
  if (account === undefined) return "sign_in";
  const isOther = parameters.login !== undefined && !isSameName(parameters.login, account.login);
  // GitHub shows its picker to native programs, too, so that none gets a code without the person.
  const isNative = !redirectUri.startsWith("https:");
  if (parameters.prompt === "select_account" || accounts.length > 1 || isOther || isNative) return "select_account";
  return c.get("github").authorisations.needsApproval(app, account);
}

function showPage(
  c: StandInContext,
  { app, parameters }: AuthorizeRequest,
  reason: PageReason,
  chosen: string | null,
  problem: string | null = null,
): Promise<Response> {
  const repeated = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const people = choicesOfPeople(c.get("github"));
  const content = authorizePage({
    ...{ appName: app.name, reason, people, chosen, problem },
    parameters: Object.fromEntries(repeated),
  });
  return pageResponse(c, content, problem === null ? 200 : 422);
}

function sendCode(
  c: StandInContext,
  { app, redirectUri, parameters }: AuthorizeRequest,
  account: StandInAccount,
): Response {
  const challenge = parameters.code_challenge ?? null;
  const code = c.get("github").authorisationCodes.issue({ app, account, redirectUri, challenge });
  return redirectToApp(c, redirectUri, { code }, parameters.state);
}
