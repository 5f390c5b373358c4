// GitHub as a deployment's settings say to ask it: which address, whose view of memberships, which apps' secrets.
import type { ServiceSettings } from "../config/service.ts";
import type { ApiAddress } from "./api-address.ts";
import type { GitHubClient } from "./client.ts";
import { createGitHubFacts, type GitHubFacts } from "./github-facts.ts";
import { createAppCredentials } from "./memberships/app-credentials.ts";
import { createInstalledAppMemberships } from "./memberships/installed-app.ts";
import { ownTokenMemberships } from "./memberships/own-token.ts";

/** @param api where the settings' GITHUB_API_URL leads */
export function connectGitHub(
  client: GitHubClient,
  api: ApiAddress,
  { githubApp, oauthClientSecrets }: Pick<ServiceSettings, "githubApp" | "oauthClientSecrets">,
  now: () => number,
): GitHubFacts {
  const memberships =
    githubApp === null ? ownTokenMemberships : createInstalledAppMemberships(createAppCredentials(githubApp, now), now);
  return createGitHubFacts({ client, api, memberships, clientSecrets: oauthClientSecrets, now });
}
