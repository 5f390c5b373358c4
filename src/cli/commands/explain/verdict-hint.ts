// What puts a verdict right, said to whoever runs the cluster; the reasons' own sentences speak to whoever reads a log.
import { reasons } from "../../../worker/every-reason.ts";
import type { Reason, ReasonFor } from "../../../worker/reason.ts";
import type { Verdict } from "../../../worker/verdict.ts";

export interface ExplainedVerdict {
  readonly kind: Verdict["kind"];
  readonly reason: Reason;
  readonly sentence: string;
  /** Null for whoever gets in. */
  readonly cure: string | null;
}

/** A "denied" says its cure itself, behind a colon. */
type WithoutCure = Exclude<Reason, ReasonFor<"denied"> | ReasonFor<"authenticated">>;

const another = "make a new token";
const later = "try again in a while";

const cures: Readonly<Record<WithoutCure, string>> = {
  not_github_token: "give the token that GitHub shows once, when it is made, whole and without anything around it",
  token_refused: another,
  token_client_mismatch: "sign in again to an app whose client id stands in oauth_clients",
  token_unrecognised: `${another}; if this one is good, ${later}`,
  token_denied: `${another}, or take this one out of deny`,
  membership_denied: "take the entry out of deny, or the person out of the organisation or team",
  user_denied: "take the entry out of deny",
  not_allowed: "add an entry to allow: the person's user:LOGIN#NUMBER, or an organisation or team of theirs",
  name_reassigned: "write the name that whoever is meant has now; octogate pin says which names changed hands",
  not_in_team: "add the person to the team at GitHub, or the team that they are in to allow",
  not_a_person: "use the token of a person's account",
  github_rate_limit: later,
  github_secondary_limit: later,
  github_not_for_integrations: "use a person's token",
  github_ip_allow_list: "put the address of this service on the list: this machine's here, and Cloudflare's can't be",
  github_locked_out: later,
  github_forbidden: another,
  github_unreachable: "is GITHUB_API_URL right, and reachable from here?",
  github_timeout: later,
  github_server_error: `${later}; https://www.githubstatus.com says whether it is down`,
  github_redirect: "correct GITHUB_API_URL",
  github_too_large: "name fewer organisations in the policy",
  github_invalid_response: "is GITHUB_API_URL the address of GitHub's REST API?",
  github_inconsistent_responses: later,
  github_app_unavailable:
    "is the app installed in each organisation, with the permission Members: read, and is its key right?",
  oauth_client_secret: "put the client's present secret into OAUTH_CLIENT_SECRETS",
  github_version_retired: "upgrade Octogate",
  github_unexpected_status: "is GITHUB_API_URL the address of GitHub's REST API?",
  new_token_rate_limit: later,
  configuration: "octogate check says where",
  internal_error: "report it, with the stack from the log",
};

export function explainVerdict(verdict: Verdict): ExplainedVerdict {
  const { kind, reason } = verdict;
  switch (verdict.kind) {
    case "authenticated":
      return { kind, reason, sentence: reasons[verdict.reason].sentence, cure: null };
    case "unauthenticated":
      return { kind, reason, sentence: reasons[verdict.reason].sentence, cure: cures[verdict.reason] };
    case "undetermined":
      return { kind, reason, sentence: withoutReason(verdict), cure: cures[verdict.reason] };
    case "denied": {
      const { sentence } = reasons[verdict.reason];
      const colon = sentence.indexOf(": ");
      const cure = withoutReason(verdict).slice(colon + 2);
      return { kind, reason, sentence: `${sentence.slice(0, colon)}.`, cure };
    }
  }
}

function withoutReason({ reason, message }: { readonly reason: Reason; readonly message: string }): string {
  return message.slice(reason.length + 2);
}
