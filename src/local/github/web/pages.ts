// Pages of GitHub's web host. They say less than GitHub's own and lead on in the same way; the sentences of those that
// show something wrong were reported in public.
import { html } from "hono/html";
import { type Choice, type Html, hiddenInputs, page, problemNote, radioButtons } from "./html.ts";

/** Why GitHub shows its page and does not redirect at once. */
export type PageReason = "sign_in" | "first" | "many_sign_ins" | "select_account";

export interface AuthorizePage {
  readonly appName: string;
  readonly reason: PageReason;
  readonly people: readonly Choice[];
  /** The login of the person who is chosen already; null for none. */
  readonly chosen: string | null;
  /** What the app asked with. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly problem: string | null;
}

export function authorizePage({ appName, reason, people, chosen, parameters, problem }: AuthorizePage): Html {
  return page(
    `Authorize ${appName}`,
    html`${problemNote(problem)}
<p>${reasonText(reason, appName)}</p>
<form method="post" action="/login/oauth/authorize">
${hiddenInputs(parameters)}
${radioButtons("Who are you?", "person", people, chosen)}
${decisionButtons(appName)}
</form>`,
  );
}

function reasonText(reason: PageReason, appName: string): string {
  switch (reason) {
    case "sign_in":
      return `${appName} wants to know who you are. Choose a person, then let ${appName} in or not.`;
    case "first":
      return `${appName} wants to know who you are.`;
    case "many_sign_ins":
      return `This person signed in to ${appName} ten times within an hour, so GitHub asks again.`;
    case "select_account":
      return `Choose the account for ${appName}.`;
  }
}

/** The names and values are those of the buttons on GitHub's page. */
function decisionButtons(appName: string): Html {
  return html`<button class="main" name="authorize" value="1">Authorize ${appName}</button>
<button name="authorize" value="0" formnovalidate>Cancel</button>`;
}

export interface DevicePage {
  readonly people: readonly Choice[];
  readonly chosen: string | null;
  readonly userCode: string;
  readonly problem: string | null;
}

export function devicePage({ people, chosen, userCode, problem }: DevicePage): Html {
  return page(
    "Device activation",
    html`${problemNote(problem)}
<p>Enter the code that your program shows. Never enter a code that another person sent you.</p>
<form method="post" action="/login/device">
<div class="code"><label for="user_code">Code</label>
<input type="text" id="user_code" name="user_code" value="${userCode}" required autocomplete="off" maxlength="20"
 placeholder="XXXX-XXXX"></div>
${radioButtons("Who are you?", "person", people, chosen)}
<button class="main">Continue</button>
</form>`,
  );
}

export function deviceConfirmationPage(appName: string, login: string, userCode: string): Html {
  return page(
    `Authorize ${appName}`,
    html`<p>A program that shows the code <code>${userCode}</code> wants to sign in to ${appName} as
<strong>${login}</strong>.</p>
<form method="post" action="/login/device/confirmation">
${hiddenInputs({ user_code: userCode, person: login })}
${decisionButtons(appName)}
</form>`,
  );
}

export function deviceDonePage(): Html {
  return page("Congratulations, you're all set!", html`<p>Your device is now connected. Go back to your program.</p>`);
}

export function deviceDeniedPage(): Html {
  return page("Your request was denied", html`<p>The program can't use this code again.</p>`);
}

export function notFoundPage(): Html {
  return page("Page not found", html`<p>This is not the web page you are looking for.</p>`);
}

export function mismatchPage(): Html {
  return page(
    "Be careful!",
    html`<p>The <code>redirect_uri</code> is not associated with this application.</p>
<p>The application might be misconfigured or could be trying to redirect you to a website you weren't expecting.</p>`,
  );
}

export function tooManyRequestsPage(): Html {
  return page(
    "Whoa there!",
    html`<p>You have exceeded a secondary rate limit.</p>
<p>Please wait a few minutes before you try again; in some cases this may take up to an hour.</p>`,
  );
}
