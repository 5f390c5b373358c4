// GitHub as a deployment's settings say to ask it: which address, whose view of memberships, which apps' secrets.
import type { ServiceSettings } from "../config/service.ts";
import type { ApiAddress } from "./api-address.ts";
import type { GitHubClient } from "./client.ts";
import { createGitHubFacts, type GitHubFacts } from "./github-facts.ts";
import { createAppCredentials } from "./memberships/app-credentials.ts";
import { createAppMemberships } from "./memberships/installed-app.ts";
import { createNonMembers } from "./memberships/non-members.ts";
import { createPersonalMemberships } from "./memberships/own-token.ts";

/** @param api where the settings' GITHUB_API_URL leads */
export function connectGitHub(
  client: GitHubClient,
  api: ApiAddress,
  { githubApp, oauthClientSecrets }: Pick<ServiceSettings, "githubApp" | "oauthClientSecrets">,
  now: () => number,
): GitHubFacts {
  const memberships =
    githubApp === null
      ? createPersonalMemberships(api.restUrl)
      : createAppMemberships({
          client,
          api,
          credentials: createAppCredentials(client, api.restUrl, githubApp, now),
          nonMembers: createNonMembers(now),
        });
  return createGitHubFacts({ client, api, memberships, clientSecrets: oauthClientSecrets });
}
