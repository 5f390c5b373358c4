// GET and POST /sign-out: ends what this browser has signed in. GET asks first, or any link could sign people out.
import { browserOf, openBrowserForm } from "./browser-form.ts";
import { chooseAccountCookie, deleteCookie, readCookies, sessionCookie, setCookie } from "./cookies.ts";
import { mistakePage, refusalPage, signedOutPage, signOutPage } from "./pages.ts";
import type { Provider } from "./provider.ts";
import { refusal } from "./refusal.ts";

const formSeconds = 600;

export async function askForSignOut(request: Request, { sealer, now }: Provider): Promise<Response> {
  const { browser, browserCookies } = browserOf(request);
  const form = await sealer.seal("sign_out", "", { browser }, Math.floor(now() / 1000) + formSeconds);
  return signOutPage(form, { cookies: browserCookies });
}

export async function answerSignOut(request: Request, provider: Provider): Promise<Response> {
  if ((await openBrowserForm("sign_out", request, provider)) === null) {
    return mistakePage("This page is of another browser, or older than ten minutes", "open /sign-out again");
  }
  const session = await provider.sealer.open("session", "", readCookies(request).get(sessionCookie) ?? "");
  if (session.kind === "opened" && (await provider.endToken(session.value.token)) === "unavailable") {
    const text = { problem: "GitHub can't be reached, so nothing has ended", hint: "try again in some seconds" };
    return refusalPage(refusal("undetermined", text), null, { retryAfterSeconds: 10 });
  }
  // GitHub keeps its own session, and would send the person back with the same account, and ask nothing.
  return signedOutPage({ cookies: [deleteCookie(sessionCookie), setCookie(chooseAccountCookie, "1", null)] });
}
