// A person of docs/identity.md signs in with a browser, as kubelogin lets them: to GitHub's page, and back to a page of
// the sign-in hostname or to the program with a refusal.
import { createHash, randomBytes } from "node:crypto";
import { openBrowser, type Visit } from "../support/github-browser.ts";
import { policyOf, settingsOf, tokensOf } from "./answers.ts";
import type { IdentityCase, Section } from "./case.ts";
import { createDeployment } from "./deployment.ts";
import { refusalText } from "./refusal-text.ts";
import { audienceOf, type Scene } from "./scene.ts";

export type BrowserSignIn =
  /** The page that asks the person before it leads back to the program. */
  | { readonly kind: "admitted" }
  /** What the program is sent. */
  | { readonly kind: "refused"; readonly error: string; readonly text: string };

/** @throws where the browser ends anywhere else */
export async function signInByBrowser(scene: Scene, section: Section, row: IdentityCase): Promise<BrowserSignIn> {
  const settings = settingsOf(scene, section.source);
  const policy = policyOf(section, row, tokensOf(scene, section, row, audienceOf(settings.ISSUER_URL, "example")));
  const { send } = createDeployment({ settings, clusters: { example: policy } });
  const { ISSUER_URL: issuerUrl } = settings;
  const browser = openBrowser({
    origins: [issuerUrl, scene.github.webUrl],
    fetch: (url, init) => (url.startsWith(issuerUrl) ? send(url, init) : fetch(url, init)),
  });
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "example",
    redirect_uri: "http://localhost:8000",
    scope: "openid",
    state: "state-of-the-program",
    nonce: "nonce-of-the-program",
    code_challenge: createHash("sha256").update(randomBytes(32)).digest("base64url"),
    code_challenge_method: "S256",
  });
  const atGitHub = await browser.open(`${issuerUrl}/authorize?${query}`);
  if (atGitHub.kind === "left") throw new Error(`the browser was sent to ${atGitHub.url}`);
  return outcomeOf(await browser.submit(atGitHub, "Authorize", { person: row.person }));
}

function outcomeOf(visit: Visit): BrowserSignIn {
  if (visit.kind === "page") {
    if (visit.status === 200 && visit.forms.length > 0) return { kind: "admitted" };
    throw new Error(`a page with ${visit.status}: ${visit.text}`);
  }
  const answer = new URL(visit.url).searchParams;
  const description = answer.get("error_description") ?? "";
  return { kind: "refused", error: answer.get("error") ?? "", text: refusalText(description) };
}
