// The outcome of one call to GitHub: by the Worker's own table, with the rows that the Worker uses at this address.
import type { GitHubReply } from "../../../worker/github/client.ts";
import {
  sortAccountReply,
  sortAppMembershipReply,
  sortAppReply,
  sortCheckReply,
  sortOrganisationReply,
} from "../../../worker/github/outcomes.ts";

export interface CallOutcome {
  /** "ok", or what else the table says. */
  readonly outcome: string;
  readonly reason: string | null;
}

type Sorted = { readonly kind: string; readonly reason?: string };

interface Endpoint {
  readonly pattern: RegExp;
  readonly sort: (reply: GitHubReply) => Sorted;
}

const endpoints: readonly Endpoint[] = [
  { pattern: /^GET \/user$/, sort: sortAccountReply },
  { pattern: /^POST \/applications\/[^/]+\/token$/, sort: sortCheckReply },
  { pattern: /^POST \/app\/installations\/\d+\/access_tokens$/, sort: (reply) => sortAppReply(reply, 201) },
  { pattern: /^GET \/app\//, sort: (reply) => sortAppReply(reply, 200) },
  { pattern: /^POST .*\/graphql$/, sort: (reply) => sortAppReply(reply, 200) },
  { pattern: /^GET \/orgs\/[^/]+\/memberships\//, sort: sortAppMembershipReply },
  { pattern: /^GET \//, sort: sortOrganisationReply },
];

/** @param path without the API's address, with its query or without */
export function outcomeOf(method: string, path: string, reply: GitHubReply): CallOutcome {
  const [plainPath = ""] = path.split("?");
  const endpoint = endpoints.find(({ pattern }) => pattern.test(`${method} ${plainPath}`));
  const sort: Endpoint["sort"] = endpoint?.sort ?? sortOrganisationReply;
  const { kind, reason = null } = sort(reply);
  return { outcome: kind, reason };
}
