// POST /consent: the buttons of our page before a code for a program on this computer.
import { sendCode } from "./authorization-response.ts";
import { sendToGitHub } from "./authorize.ts";
import { openBrowserForm } from "./browser-form.ts";
import { mistakePage } from "./pages.ts";
import type { Provider } from "./provider.ts";
import { isAllowedRedirect } from "./redirect-uri.ts";

export async function answerConsent(request: Request, provider: Provider): Promise<Response> {
  const form = await openBrowserForm("consent", request, provider);
  const client = provider.clients.get(form?.value.client ?? "");
  if (form === null || client === undefined || !isAllowedRedirect(client, form.value.redirectUri)) {
    return mistakePage("This page is of another browser, or older than ten minutes", "begin again in the program");
  }
  switch (form.parameters.get("choice")) {
    case "sign_in":
      return sendCode(provider, client, form.value, []);
    case "another_account":
      return sendToGitHub(request, provider, client, { request: form.value, loginHint: null, selectAccount: true });
    default:
      return mistakePage("No button was pressed", "begin again in the program");
  }
}
