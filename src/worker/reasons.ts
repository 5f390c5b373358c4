// Every reason for which a review can end as it does, one row each: the closed list that the decision log uses. There
// is a table for each verdict, so that the bundle leaves out those whose texts the Worker never sends.

/** What an answer says to kube-apiserver; http/answers.ts says how. */
export type VerdictKind = "authenticated" | "unauthenticated" | "denied" | "undetermined";

export interface ReasonRow {
  /** One clause without a full stop. It names no account and holds no token. */
  readonly problem: string;
  /** How to put it right, or null where nothing is wrong; goes on after "problem: ". */
  readonly hint: string | null;
  /**
   * Who may be told, besides the operator, who reads all of them in the log.
   *
   * - "bearer": the bearer of the token, for it says nothing about the policy.
   * - "member": a bearer who is proven to be a full member of an organisation of the policy, or to whom GitHub itself
   *   names such an organisation. Others would learn from it who is admitted.
   * - "operator": no one else.
   */
  readonly audience: "bearer" | "member" | "operator";
}

type Rows = Readonly<Record<string, ReasonRow>>;

export const authenticatedReasons = {
  admitted: { problem: "An entry of allow admits this person or workflow", hint: null, audience: "bearer" },
} as const satisfies Rows;

/** kube-apiserver gets a plain no without a text. */
export const unauthenticatedReasons = {
  not_github_token: {
    problem: "This is not a token that GitHub gives to people",
    hint: "use the token exactly as GitHub shows it once, when it is made",
    audience: "bearer",
  },
  token_refused: {
    problem: "GitHub refuses this token, for it is revoked, expired or made up",
    hint: "make a new token",
    audience: "bearer",
  },
  token_client_mismatch: {
    problem: "GitHub says that this app token belongs to none of the listed clients, or is no longer valid",
    hint: "sign in again to an app whose client id oauth_clients lists",
    audience: "bearer",
  },
  token_unrecognised: {
    problem:
      "GitHub counted this token as anonymous, so it probably does not know it, and the anonymous quota of this address is spent",
    hint: "make a new token; if this one is valid, try again later",
    audience: "bearer",
  },
  token_denied: {
    problem: "An entry of deny names this token",
    hint: "make a new token, or remove the entry from deny",
    audience: "operator",
  },
  membership_denied: {
    problem: "This person belongs to an organisation or a team that deny names",
    hint: "remove the entry from deny, or the person from the organisation or team",
    audience: "operator",
  },
  user_denied: { problem: "An entry of deny names this person", hint: "remove it from deny", audience: "operator" },
  not_allowed: {
    problem: "No entry of allow admits this person",
    hint: "add an entry to allow: the person's user:LOGIN#NUMBER, or an organisation or team of theirs",
    audience: "operator",
  },
  name_reassigned: {
    problem:
      "An entry of allow has this name but pins another number, for another account, organisation or team has the name now",
    hint: "write the present name into the entry; octogate pin says which names changed hands",
    audience: "operator",
  },
  not_in_team: {
    problem: "This person is a member of an allowed team's organisation, but of no allowed team",
    hint: "add the person to the team at GitHub, or their own team to allow",
    audience: "member",
  },
  not_a_person: {
    problem: "The account is not a person's, and only accounts of type User can sign in",
    hint: "use the token of a person's account",
    audience: "operator",
  },
  workflow_token_forged: {
    problem: "GitHub has not signed this workflow token",
    hint: "ask GitHub for a token within the job",
    audience: "bearer",
  },
  workflow_key_unknown: {
    problem: "GitHub publishes no key of the id that this workflow token names",
    hint: "ask GitHub for a token within the job",
    audience: "bearer",
  },
  workflow_claims_malformed: {
    problem: "A claim of this workflow token is missing, or has another form than GitHub's",
    hint: "is ACTIONS_ISSUER_URL GitHub's own issuer?",
    audience: "bearer",
  },
  workflow_denied: {
    problem: "An entry of deny names this workflow or the person who started it",
    hint: "remove the entry from deny",
    audience: "operator",
  },
  workflow_not_allowed: {
    problem: "No entry of allow admits this workflow",
    hint: "add an entry to allow: its workflow: or environment:",
    audience: "operator",
  },
  repository_reassigned: {
    problem: "An entry of allow has this repository's name but pins other numbers",
    hint: "was it made anew, or has it another owner? octogate pin looks its numbers up",
    audience: "operator",
  },
} as const satisfies Rows;

/** The user can put these right. */
export const deniedReasons = {
  token_kind_not_allowed: {
    problem: "This cluster does not accept tokens of this kind",
    hint: "use one of the kinds that its token_kinds lists",
    audience: "bearer",
  },
  client_not_listed: {
    problem: "The token belongs to an app whose client id is not in oauth_clients",
    hint: "use a token of a listed app",
    audience: "member",
  },
  client_unknown: {
    problem: "GitHub did not say which app this app token belongs to",
    hint: "use a personal access token, if this cluster accepts them",
    audience: "member",
  },
  account_suspended: {
    problem: "GitHub has suspended this account",
    hint: "ask your GitHub administrator",
    audience: "bearer",
  },
  invitation_pending: {
    problem: "The invitation to the organisation is not accepted yet",
    hint: "accept it on the organisation's page at GitHub",
    audience: "member",
  },
  scope_missing: {
    problem: "The token may not see organisations",
    hint: "give it the scope read:org",
    audience: "member",
  },
  sso_required: {
    problem: "The organisation demands SAML single sign-on",
    hint: "authorise the token for it in GitHub's settings",
    audience: "member",
  },
  app_not_approved: {
    problem: "The organisation has not approved the app that the token belongs to",
    hint: "ask an owner to approve or install it",
    audience: "member",
  },
  ip_allow_list: {
    problem: "The organisation's IP allow list keeps this service out, and Workers have no fixed address",
    hint: "ask the operator to load memberships with an installed GitHub App",
    audience: "member",
  },
  other_resource_owner: {
    problem: "The fine-grained token may not see the organisation",
    hint: "make one whose resource owner is the organisation, with the permission Members: read",
    audience: "member",
  },
  token_kind_forbidden: {
    problem: "The organisation or its enterprise forbids tokens of this kind",
    hint: "use a token of another kind",
    audience: "member",
  },
  organisation_forbidden: {
    problem: "GitHub does not let the token see the organisation, for a reason that is not known here",
    hint: "try a new token",
    audience: "member",
  },
  two_factor_required: {
    problem: "The organisation demands two-factor authentication, which this account has not turned on",
    hint: "turn it on in GitHub's settings",
    audience: "member",
  },
  token_lifetime: {
    problem: "The organisation or its enterprise forbids tokens that live as long as this one",
    hint: "make one that ends sooner",
    audience: "member",
  },
  token_sees_nothing: {
    problem: "The fine-grained token sees no organisation at all",
    hint: "make one whose resource owner is the organisation, with the permission Members: read",
    audience: "bearer",
  },
  too_many_teams: {
    problem: "The user's teams in the organisation and their parents are more than can be looked up",
    hint: "leave teams, or ask an owner of the organisation to delete teams that were made to lock users out",
    audience: "member",
  },
  organisation_not_found: {
    problem:
      "An organisation of deny has no longer the name that the policy has, so it is not known whether it is denied",
    hint: "ask the operator to write the organisation's present name and number into the policy",
    audience: "operator",
  },
  other_organisation_forbids: {
    problem: "Another organisation of this person turns the token away, and GitHub lists no teams at all then",
    hint: "use a token that the organisation accepts which GitHub's sentence names; octogate explain shows it",
    audience: "member",
  },
  too_many_scopes: {
    problem: "The token can do more at GitHub than this cluster accepts",
    hint: "make one with no other scopes than scopes_at_most lists",
    audience: "member",
  },
  scopes_unknown: {
    problem: "GitHub did not say which scopes the token has, and this cluster limits them",
    hint: "use a token of another kind",
    audience: "member",
  },
  expiry_missing: {
    problem: "The token never expires, and this cluster demands that it does",
    hint: "make one with an expiration date",
    audience: "member",
  },
  too_many_groups: {
    problem: "This person is in more teams than can be groups",
    hint: "ask the operator to name fewer organisations in groups_from",
    audience: "member",
  },
  id_token_too_large: {
    problem: "This person is in so many teams that the ID token would be too large",
    hint: "ask the operator to name teams in groups_from, for only these become groups then",
    audience: "bearer",
  },
  identity_unsafe: {
    problem: "The username or a group would be empty, too long, hold control characters or begin with system",
    hint: "change the cluster's prefix",
    audience: "operator",
  },
  workflow_audience: {
    problem: "The workflow token was made for another audience",
    hint: "ask GitHub for a token with this cluster's",
    audience: "bearer",
  },
  workflow_token_expired: {
    problem: "The workflow token has expired, for GitHub makes them for five minutes",
    hint: "ask GitHub for a token each time",
    audience: "bearer",
  },
  workflow_token_early: {
    problem: "The workflow token does not count yet by the clock here",
    hint: "try again when the clocks agree",
    audience: "bearer",
  },
  workflow_event_not_allowed: {
    problem: "An event started this run that workflow_events does not list",
    hint: "add it to workflow_events, or start the run by another one",
    audience: "bearer",
  },
} as const satisfies Rows;

/** Nothing is known about the account, for the fault is elsewhere. */
export const undeterminedReasons = {
  github_rate_limit: { problem: "This person's GitHub quota is spent", hint: "try again later", audience: "bearer" },
  github_secondary_limit: {
    problem: "GitHub slows this person's requests down (secondary rate limit)",
    hint: "try again later",
    audience: "bearer",
  },
  github_not_for_integrations: {
    problem: "GitHub says that this token belongs to an app's installation, not to a person",
    hint: "use the token of a person's account",
    audience: "bearer",
  },
  github_ip_allow_list: {
    problem: "An IP allow list at GitHub keeps this service out",
    hint: "add its address to the list; Workers have no fixed one",
    audience: "operator",
  },
  github_locked_out: {
    problem: "GitHub rejects all sign-ins of this account for a while after too many failed ones",
    hint: "try again later",
    audience: "bearer",
  },
  github_forbidden: {
    problem: "GitHub forbids the request without a reason that is known here",
    hint: "make a new token",
    audience: "bearer",
  },
  github_unreachable: {
    problem: "GitHub could not be reached, or the connection broke",
    hint: "is GITHUB_API_URL right, and reachable from here?",
    audience: "bearer",
  },
  github_timeout: { problem: "GitHub did not answer in time", hint: "try again later", audience: "bearer" },
  github_server_error: {
    problem: "GitHub answered with a server error",
    hint: "https://www.githubstatus.com says whether it is down",
    audience: "bearer",
  },
  github_redirect: {
    problem: "GitHub answered with a redirect, which Octogate never follows",
    hint: "is GITHUB_API_URL right?",
    audience: "operator",
  },
  github_too_large: {
    problem: "GitHub's answer is larger than any right one",
    hint: "name fewer organisations in the policy",
    audience: "operator",
  },
  github_invalid_response: {
    problem: "GitHub's answer does not have the documented form",
    hint: "is GITHUB_API_URL the address of GitHub's REST API?",
    audience: "operator",
  },
  github_inconsistent_responses: {
    problem: "Two answers from GitHub disagree",
    hint: "try again later",
    audience: "bearer",
  },
  github_app_unavailable: {
    problem:
      "The GitHub App that loads memberships is not installed in the organisation or suspended, or its credentials or permissions are wrong",
    hint: "is it installed in each organisation, with the permission Members: read, and is its key right?",
    audience: "operator",
  },
  oauth_client_secret: {
    problem: "GitHub does not accept a client secret of OAUTH_CLIENT_SECRETS",
    hint: "put the client's present secret into OAUTH_CLIENT_SECRETS",
    audience: "operator",
  },
  github_version_retired: {
    problem: "GitHub no longer serves the API version that this release asks for",
    hint: "upgrade Octogate",
    audience: "operator",
  },
  github_unexpected_status: {
    problem: "GitHub answered with a status that has no meaning here",
    hint: "is GITHUB_API_URL the address of GitHub's REST API?",
    audience: "operator",
  },
  new_token_rate_limit: {
    problem: "Too many tokens were never seen before, so this one has to wait; tokens that were once valid do not",
    hint: "try again later",
    audience: "bearer",
  },
  shared_quota_reserved: {
    problem:
      "Of the GitHub quota that all users share little is left, and it is not for new tokens, nor for accounts that used much of it",
    hint: "try again later",
    audience: "bearer",
  },
  shared_quota_spent: {
    problem: "GitHub limits the app's client or installation with which this service asks for all users",
    hint: "try again later; the operator finds in the documentation how many users one carries",
    audience: "bearer",
  },
  workflow_key_pending: {
    problem: "The key of this workflow token is not known, and GitHub was asked within the last minute",
    hint: "try again later",
    audience: "bearer",
  },
  workflow_keys_unavailable: {
    problem: "GitHub does not say the keys of workflow tokens",
    hint: "try again later; is ACTIONS_ISSUER_URL right, and reachable from here?",
    audience: "bearer",
  },
  configuration: { problem: "The configuration is wrong", hint: "octogate check says where", audience: "operator" },
  internal_error: { problem: "This service has a fault", hint: "report the stack in its log", audience: "operator" },
} as const satisfies Rows;

/** The reasons that lead to one kind of verdict. */
export type ReasonFor<Kind extends VerdictKind> = {
  readonly authenticated: keyof typeof authenticatedReasons;
  readonly unauthenticated: keyof typeof unauthenticatedReasons;
  readonly denied: keyof typeof deniedReasons;
  readonly undetermined: keyof typeof undeterminedReasons;
}[Kind];

export type Reason = ReasonFor<VerdictKind>;

/** Every reason with its verdict. The Worker itself has no use for this table, so its bundle leaves it out. */
export const reasons = /* @__PURE__ */ withVerdicts({
  authenticated: authenticatedReasons,
  unauthenticated: unauthenticatedReasons,
  denied: deniedReasons,
  undetermined: undeterminedReasons,
});

function withVerdicts(tables: Readonly<Record<VerdictKind, Rows>>) {
  const rows = Object.entries(tables).flatMap(([verdict, table]) =>
    Object.entries(table).map(([reason, row]) => [reason, { ...row, verdict }]),
  );
  // The keys are those of the four tables, and each table's name is a verdict.
  return Object.fromEntries(rows) as Readonly<Record<Reason, ReasonRow & { readonly verdict: VerdictKind }>>;
}
