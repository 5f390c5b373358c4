// What GitHub alone can cause.
import type { Fault } from "../../../../../src/local/github/faults.ts";
import { allClusters, type CausedFault, denyNeedsProof, everyone, serverError, withScopes } from "./fault.ts";

const gitHubFails = (name: string, fault: Fault, path?: RegExp): CausedFault => ({
  cause: "GitHub",
  name,
  happen: ({ github }) => github.setFault(everyone, fault, path === undefined ? {} : { path }),
});

export const byGitHub: readonly CausedFault[] = [
  gitHubFails("answers 502 with a page", serverError),
  gitHubFails("answers 503 with JSON", { kind: "server_error", status: 503, body: "json" }),
  gitHubFails("answers 502 about whose token it is", serverError, /^\/user$|\/applications\//),
  gitHubFails("answers 502 about memberships", serverError, /\/memberships\//),
  gitHubFails("answers 502 about teams", serverError, /teams|graphql/),
  { cause: "GitHub", name: "breaks every connection", happen: ({ breakConnections }) => breakConnections() },
  gitHubFails("redirects elsewhere", { kind: "redirect", status: 302, location: "https://attacker.test/" }),
  gitHubFails("answers no JSON", { kind: "body", status: 200, body: "<html>" }),
  gitHubFails("answers JSON of another shape", { kind: "body", status: 200, body: '{"login":7}' }),
  gitHubFails("retires the API version", { kind: "gone" }),
  gitHubFails("answers a status of which nothing is known", { kind: "body", status: 418, body: "{}" }),
  gitHubFails("asks for a rest", { kind: "secondary_limit", status: 403, headers: "retry_after" }),
  gitHubFails("asks for a rest with 429", { kind: "secondary_limit", status: 429, headers: "none" }),
  { cause: "GitHub", name: "answers nothing", happen: ({ hang }) => hang(/./) },
  { cause: "GitHub", name: "answers nothing about memberships", happen: ({ hang }) => hang(/\/memberships\//) },
  { cause: "GitHub", name: "answers nothing about teams", happen: ({ hang }) => hang(/teams|graphql/) },
  {
    cause: "GitHub",
    name: "answers nothing about the partner",
    victims: ["the partner's"],
    happen: ({ hang }) => hang(/\/partner\b/),
  },
  {
    cause: "GitHub",
    name: "fails about the partner",
    victims: ["the partner's"],
    happen: ({ github }) => github.setFault(everyone, serverError, { path: /\/partner\b/ }),
  },
  {
    cause: "GitHub",
    name: "blocks the partner by law",
    victims: ["the partner's"],
    happen: (world) => world.github.restrictOrganisation(world.partner, { legalReasons: true }),
  },
  {
    cause: "GitHub",
    name: "blocks the denied organisation by law",
    victims: [],
    happen: (world) => world.github.restrictOrganisation(world.evil, { legalReasons: true }),
    exceptions: [
      {
        ...denyNeedsProof("GitHub says nothing about an organisation that the law blocks"),
        sources: [...withScopes, "installed_app"],
      },
    ],
  },
  {
    cause: "GitHub",
    name: "refuses each good token once",
    victims: ["newcomer"],
    sources: ["classic", "fine_grained", "oauth", "installed_app"],
    happen: ({ failFor }) =>
      failFor(["bystander", "at work", "newcomer"], { kind: "bad_credentials" }, { path: /^\/user$/, times: 1 }),
    exceptions: [
      {
        to: "cacheable no",
        columns: ["newcomer"],
        clusters: allClusters,
        why: "GitHub itself says no about a token of which nothing else is known; it counts for seconds",
      },
    ],
  },
];
