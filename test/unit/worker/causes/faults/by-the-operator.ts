// What the own configuration and the own programs can cause.

import { columnNames } from "../people.ts";
import { allClusters, type CausedFault, everyone } from "./fault.ts";

export const byTheOperator: readonly CausedFault[] = [
  {
    cause: "the operator",
    name: "deploys the key of another app",
    sources: ["installed_app"],
    happen: ({ github, restart }) => restart({ GITHUB_APP_PRIVATE_KEY: github.addApp().privateKeyPem }),
  },
  {
    cause: "the operator",
    name: "deploys a wrong client secret",
    sources: ["client_secret"],
    happen: ({ app, restart }) => restart({ OAUTH_CLIENT_SECRETS: JSON.stringify({ [app.clientId]: randomSecret() }) }),
  },
  {
    cause: "the operator",
    name: "deploys a new cache secret",
    happen: ({ restart }) => restart({ CACHE_SECRET: Buffer.from(randomSecret()).toString("base64") }),
  },
  {
    cause: "the operator",
    name: "deploys without a KV namespace",
    happen: ({ restart }) => restart({ KV: undefined }),
  },
  {
    cause: "the operator",
    name: "deploys a policy that is wrong",
    happen: ({ restart }) =>
      restart(
        Object.fromEntries(allClusters.map((name) => [`CLUSTER_${name.toUpperCase()}`, { allow: ["everyone"] }])),
      ),
    victims: columnNames,
  },
  {
    cause: "the operator",
    name: "lets other programs spend the app's quota of GraphQL",
    sources: ["installed_app"],
    happen: ({ github }) =>
      github.setFault(everyone, { kind: "graphql_error", type: "RATE_LIMITED" }, { path: /graphql/ }),
  },
  {
    cause: "the operator",
    name: "lets other programs spend the app's quota",
    sources: ["installed_app"],
    happen: ({ github }) =>
      github.setFault(
        everyone,
        { kind: "primary_limit", status: 403, headers: "full" },
        { path: /^\/orgs\/|^\/app\/|graphql/ },
      ),
  },
  {
    cause: "the operator",
    name: "lets other programs spend the client's quota",
    sources: ["client_secret"],
    happen: ({ github }) =>
      github.setFault(everyone, { kind: "primary_limit", status: 403, headers: "full" }, { path: /^\/applications\// }),
  },
];

/** Of the length of GitHub's client secrets. */
function randomSecret(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
