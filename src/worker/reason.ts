// Every reason for which a review can end as it does: the closed list that the decision log uses and docs/operations.md explains. A reason stands in the table of
// one verdict, so that the two can never contradict each other. Its sentence is for whoever reads a log; it names nobody and holds no token. The tables are apart
// because what nobody is ever told (a plain no has no text) does not have to ship: every-reason.ts joins them for those who explain.

/** What an answer says to kube-apiserver; see token-review/answer.ts for how. */
export type VerdictKind = "authenticated" | "unauthenticated" | "denied" | "undetermined";

/** The one of a yes. */
export const authenticatedReasons = {
  admitted: "An entry of allow admits this person.",
} as const;

/** Of a plain no. */
export const unauthenticatedReasons = {
  not_github_token: "This is no token that GitHub gives to people.",
  token_refused: "GitHub refuses this token: it is revoked, expired or made up.",
  token_client_mismatch:
    "GitHub says that this app token belongs to none of the listed clients, or is no good any more.",
  token_unrecognised:
    "GitHub counted this token as anonymous and its anonymous quota for this address is spent: it seems not to know the token.",
  token_denied: "This very token stands in deny.",
  membership_denied: "This person belongs to an organisation or a team that stands in deny.",
  user_denied: "This person stands in deny.",
  not_allowed: "No entry of allow admits this person.",
  name_reassigned:
    "An entry of allow has this name, but pins another number: the account, organisation or team was renamed, and somebody else has its name now.",
  not_in_team: "A member of an allowed team's organisation, but of no allowed team.",
  not_a_person: "The account is no person's: only accounts of type User can sign in.",
} as const;

/** Of a no that the person can put right: the sentence says how. */
export const deniedReasons = {
  token_kind_not_allowed:
    "Tokens of this kind are not welcome at this cluster: use one of the kinds that its token_kinds lists.",
  client_not_listed:
    "The token belongs to an app whose client id is not in oauth_clients: use a token of a listed app.",
  client_unknown:
    "GitHub did not say which app this app token belongs to: use a personal access token, if they are welcome.",
  account_suspended: "GitHub has suspended this account: ask your GitHub administrator or GitHub's support.",
  invitation_pending:
    "The invitation to the organisation is not accepted yet: accept it on the organisation's page at GitHub.",
  scope_missing: "The token may not see organisations: give it the scope read:org.",
  sso_required: "The organisation demands SAML single sign-on: authorise the token for it in GitHub's settings.",
  app_not_approved:
    "The organisation has not approved the app that the token belongs to: ask an owner to approve or install it.",
  ip_allow_list:
    "The organisation's IP allow list keeps this service out, and Workers have no fixed address: the operator can make an installed GitHub App the source of memberships.",
  other_resource_owner:
    "The fine-grained token may not see the organisation: make one whose resource owner is the organisation, with the permission Members: read.",
  token_kind_forbidden:
    "The organisation's policy forbids tokens like this one (their kind, or how long they live): use another.",
  organisation_forbidden:
    "GitHub does not let the token see the organisation, for a reason that is not known here: try a new token.",
  too_many_scopes:
    "The token can do more at GitHub than this cluster accepts: make one with no other scopes than scopes_at_most lists.",
  scopes_unknown:
    "GitHub did not say which scopes the token has, and this cluster limits them: use a token of another kind.",
  expiry_missing: "The token never expires, and this cluster demands that it does: make one with an expiration date.",
  too_many_groups:
    "The person is in more teams than can be groups: ask the operator to name fewer organisations in groups_from.",
  identity_unsafe:
    "The username or a group would be empty, too long, hold control characters or begin with system: change the cluster's prefix.",
} as const;

/** Of nothing that can be said about anybody. */
export const undeterminedReasons = {
  github_rate_limit: "This person's own GitHub quota is spent.",
  github_secondary_limit: "GitHub slows this person's requests down (secondary rate limit).",
  github_not_for_integrations: "GitHub says that this token belongs to an app's installation, not to a person.",
  github_ip_allow_list: "An IP allow list at GitHub keeps this service out.",
  github_locked_out: "GitHub rejects all sign-ins of this account for a while after too many failed ones.",
  github_forbidden: "GitHub forbids the request without a reason that is known here.",
  github_unreachable: "GitHub could not be reached, or the connection broke.",
  github_timeout: "GitHub did not answer in time.",
  github_server_error: "GitHub answered with a server error.",
  github_redirect: "GitHub answered with a redirect, which is never followed: is GITHUB_API_URL right?",
  github_too_large: "GitHub's answer is larger than any right one.",
  github_invalid_response: "GitHub's answer does not have the documented form.",
  github_inconsistent_responses: "Two answers of GitHub's contradict each other; one may be a moment older.",
  github_app_unavailable:
    "The GitHub App that memberships are asked with is not installed in the organisation, suspended, rate-limited, or its credentials or permissions are wrong.",
  oauth_client_secret: "GitHub does not take a client secret of OAUTH_CLIENT_SECRETS, or limits its client.",
  github_version_retired: "GitHub no longer serves the API version that this release asks for: upgrade Octogate.",
  github_unexpected_status: "GitHub answered with a status that has no meaning here: is GITHUB_API_URL right?",
  new_token_rate_limit:
    "Too many tokens that were never seen before: this one has to wait, tokens that were once good do not.",
  configuration: "The configuration is wrong.",
  internal_error: "A fault of this service; its log holds the stack.",
} as const;

interface ReasonsByVerdict {
  readonly authenticated: keyof typeof authenticatedReasons;
  readonly unauthenticated: keyof typeof unauthenticatedReasons;
  readonly denied: keyof typeof deniedReasons;
  readonly undetermined: keyof typeof undeterminedReasons;
}

/** The reasons that lead to one kind of verdict. */
export type ReasonFor<Kind extends VerdictKind> = ReasonsByVerdict[Kind];

export type Reason = ReasonFor<VerdictKind>;
