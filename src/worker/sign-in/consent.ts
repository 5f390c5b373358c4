// POST /consent: the buttons of our page before a code for a program on this computer.
import { sendCode } from "./authorization-response.ts";
import { sendToGitHub } from "./authorize.ts";
import { browserCookie, readCookies } from "./cookies.ts";
import { isFromOurPage, readForm } from "./form.ts";
import { mistakePage } from "./pages.ts";
import type { Provider } from "./provider.ts";
import { isAllowedRedirect } from "./redirect-uri.ts";

export async function answerConsent(request: Request, provider: Provider): Promise<Response> {
  const form = isFromOurPage(request) ? await readForm(request) : null;
  const opened = await provider.sealer.open("consent", "", form?.get("form") ?? "");
  const consent = opened.kind === "opened" ? opened.value : null;
  const client = provider.clients.get(consent?.client ?? "");
  if (
    consent === null ||
    client === undefined ||
    readCookies(request).get(browserCookie) !== consent.browser ||
    !isAllowedRedirect(client, consent.redirectUri)
  ) {
    return mistakePage("This page is of another browser, or older than ten minutes", "begin again in the program");
  }
  switch (form?.get("choice")) {
    case "sign_in":
      return sendCode(provider, client, consent, []);
    case "another_account":
      return sendToGitHub(request, provider, client, { request: consent, loginHint: null, selectAccount: true });
    default:
      return mistakePage("No button was pressed", "begin again in the program");
  }
}
