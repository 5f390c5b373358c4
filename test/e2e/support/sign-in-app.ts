// The GitHub App that people sign in with, at the stand-in.
import type { GitHubStandIn } from "../../../src/local/github/server.ts";

/**
 * @param issuerUrl of the sign-in hostname
 * @returns the app, and the Worker's variables for it
 */
export function addSignInApp(github: GitHubStandIn, issuerUrl: string) {
  const app = github.addApp({ name: "Octogate", callbackUrls: [`${issuerUrl}/callback`] });
  const variables = {
    GITHUB_WEB_URL: github.webUrl,
    GITHUB_CLIENT_ID: app.clientId,
    OAUTH_CLIENT_SECRETS: JSON.stringify({ [app.clientId]: app.clientSecret }),
  };
  return { app, variables };
}
