// The rows of docs/identity.md: a person, a token, a policy and the result.
// Every row is a test, in Node and on the real runtime.
import type { Fault } from "../../src/local/github/faults.ts";
import { tokenLifetime } from "../../src/local/github/sentences.ts";
import { admitted, classic, fineGrained, refused, row, type Section, type TokenSpec, thisToken } from "./case.ts";
import { workflowSections } from "./workflow-cases.ts";

const readsOrganisations = classic("read:org");
const serverError: Fault = { kind: "server_error", status: 502, body: "json" };
const expires = "2027-05-01 09:00:00 UTC";
const portalToken: TokenSpec = { kind: "app", client: "acme-portal" };
const cliToken: TokenSpec = { kind: "oauth", client: "acme-cli", scopes: ["read:org"] };
const platformGroups = ["github:Acme", "github:Acme/backups", "github:Acme/platform", "github:Acme/storage"];

export const sections: readonly Section[] = [
  {
    title: "Members of an organisation get in",
    text:
      "They get a group for the organisation and one for each team, with all parents of the team. Octogate uses a team's slug, never the name that its members " +
      "chose. It writes an organisation as GitHub does, even if the policy writes it in another case.",
    policy: { allow: ["org:acme#1234"], token_kinds: ["classic", "fine_grained"] },
    rows: [
      row(
        "a member, with teams and their parents",
        "ada",
        readsOrganisations,
        admitted("github:ada:101", ...platformGroups),
      ),
      row(
        "the same person with a fine-grained token",
        "ada",
        fineGrained("acme"),
        admitted("github:ada:101", ...platformGroups),
      ),
      row("a scope that contains read:org", "cleo", classic("admin:org"), admitted("github:cleo:103", "github:Acme")),
      row(
        "the policy writes the organisation in another case",
        "cleo",
        readsOrganisations,
        admitted("github:cleo:103", "github:Acme"),
        { allow: ["org:ACME#1234"] },
      ),
      row(
        "a team with the name of an administrators' group",
        "rosa",
        readsOrganisations,
        admitted("github:rosa:119", "github:Acme", "github:Acme/system-masters"),
      ),
      row(
        "an invitation that is not accepted yet",
        "dora",
        readsOrganisations,
        refused("invitation_pending", "/orgs/Acme/invitation"),
      ),
      row("a token that may not see organisations", "ada", classic("repo:status"), refused("scope_missing", "acme")),
      row("a fine-grained token for one's own account", "ada", fineGrained(), refused("other_resource_owner", "acme")),
      row(
        "the cluster takes sign-ins, and no tokens that people bring",
        "ada",
        readsOrganisations,
        refused("token_kind_not_allowed"),
        { token_kinds: [] },
      ),
      row("an outsider", "emil", readsOrganisations, refused("not_allowed")),
      row("a member of another organisation", "finn", readsOrganisations, refused("not_allowed")),
    ],
  },
  {
    title: "Members of a team get in",
    text: "Members of its child teams are members, too. A team of the same name in another organisation is another team.",
    policy: { allow: ["team:acme/platform#55"], token_kinds: ["classic"] },
    rows: [
      row(
        "a direct member",
        "ben",
        readsOrganisations,
        admitted("github:ben:102", "github:Acme", "github:Acme/platform"),
      ),
      row(
        "a member of a child team's child team",
        "ada",
        readsOrganisations,
        admitted("github:ada:101", ...platformGroups),
      ),
      row("a member of the organisation, but not of the team", "cleo", readsOrganisations, refused("not_in_team")),
      row("the team of the same name in another organisation", "finn", readsOrganisations, refused("not_allowed")),
      row(
        "a person who is invited to the organisation",
        "dora",
        readsOrganisations,
        refused("invitation_pending", "/orgs/Acme/invitation"),
      ),
    ],
  },
  {
    title: "People get in by name",
    text: "Octogate asks about no organisation. Only accounts of people count, and only tokens that GitHub gives to people.",
    policy: { allow: ["user:emil#105", "user:renovate#122"], token_kinds: ["classic", "fine_grained"] },
    rows: [
      row("by number and name", "emil", fineGrained(), admitted("github:emil:105")),
      row("another person", "ada", classic(), refused("not_allowed")),
      row("an account that is no person's", "renovate[bot]", classic(), refused("not_a_person")),
      row("anyone may come in, but no bots", "renovate[bot]", classic(), refused("not_a_person"), {
        allow: ["anyone"],
      }),
      row("anyone may come in", "finn", classic(), admitted("github:finn:106"), { allow: ["anyone"] }),
      row(
        "a token of a kind that the cluster does not accept",
        "emil",
        { kind: "app", client: "acme-portal" },
        refused("token_kind_not_allowed"),
      ),
      row(
        "a token of an app's installation, or of a workflow",
        "renovate[bot]",
        { kind: "installation" },
        refused("not_github_token"),
      ),
      row(
        "a service account's token of another audience",
        "emil",
        { kind: "service_account" },
        refused("not_github_token"),
      ),
    ],
  },
  {
    title: "Denied people stay out",
    text:
      "`deny` wins over `allow`. Denied people get a plain no, and only the log says why. A token has to show what `deny` names: if it may not see an organisation in `deny`, " +
      "its owner stays out, too.",
    policy: { allow: ["org:acme#1234"], token_kinds: ["classic", "fine_grained"] },
    rows: [
      row("a person", "ben", readsOrganisations, refused("user_denied"), { deny: ["user:ben#102"] }),
      row("a team, by way of a child team", "ada", readsOrganisations, refused("membership_denied"), {
        deny: ["team:acme/platform#55"],
      }),
      row("another organisation", "gina", readsOrganisations, refused("membership_denied"), {
        deny: ["org:globex#2345"],
      }),
      row(
        "another organisation, which this token may not see",
        "gina",
        fineGrained("acme"),
        refused("other_resource_owner", "globex"),
        { deny: ["org:globex#2345"] },
      ),
      row(
        "another organisation, and no member of it",
        "ben",
        readsOrganisations,
        admitted("github:ben:102", "github:Acme", "github:Acme/platform"),
        { deny: ["org:globex#2345"] },
      ),
      row("one token, by its name in the log", "ben", readsOrganisations, refused("token_denied"), {
        deny: [thisToken],
      }),
      row("anyone may come in but one person", "emil", classic(), refused("user_denied"), {
        allow: ["anyone"],
        deny: ["user:emil#105"],
      }),
    ],
  },
  {
    title: "Only full members count",
    text:
      "A membership counts if it is active, with the role admin or member. A billing manager sees no repository and is no member here, and neither is a person with any other role. " +
      "So `allow` does not admit them, and `deny` does not keep them out. Neither is a person who is only invited.",
    policy: { allow: ["org:acme#1234"], token_kinds: ["classic", "fine_grained"] },
    rows: [
      row("a billing manager", "uma", readsOrganisations, refused("not_allowed")),
      row("a billing manager, by a fine-grained token", "uma", fineGrained("acme"), refused("not_allowed")),
      row("another role", "vera", readsOrganisations, refused("not_allowed")),
      row("no role", "bob", readsOrganisations, refused("not_allowed")),
      row("another role in a denied organisation", "vera", readsOrganisations, admitted("github:vera:124"), {
        allow: ["user:vera#124"],
        deny: ["org:acme#1234"],
      }),
      row("an invitation to a denied organisation", "dora", readsOrganisations, admitted("github:dora:104"), {
        allow: ["user:dora#104"],
        deny: ["org:acme#1234"],
      }),
      row("a billing manager of a denied organisation", "uma", readsOrganisations, admitted("github:uma:123"), {
        allow: ["user:uma#123"],
        deny: ["org:acme#1234"],
      }),
    ],
  },
  {
    title: "Denied organisations get new names",
    text:
      "`deny` needs a proof that a person is no member. Octogate finds an organisation with a number under its new name. One that it finds nowhere keeps out all people, until the " +
      "operator writes the present name. So does a team with a number whose organisation has none: GitHub has to show the team in the organisation that has the name.",
    policy: {
      allow: ["user:nora#114", "user:lea#112", "user:emil#105"],
      deny: ["org:wonka#7003", "org:tyrell#7001"],
      token_kinds: ["classic", "fine_grained"],
    },
    rows: [
      row("a member of the renamed organisation", "nora", readsOrganisations, refused("membership_denied")),
      row("a member, while others have the old name", "lea", readsOrganisations, refused("membership_denied")),
      row("a member, by a token for the organisation", "nora", fineGrained("slugworth"), refused("membership_denied"), {
        deny: ["org:wonka#7003"],
      }),
      row(
        "a person of the organisation that took the name, by a token for that one",
        "max",
        fineGrained("tyrell"),
        refused("other_resource_owner", "tyrell"),
        { allow: ["user:max#113"], deny: ["org:tyrell#7001"] },
      ),
      row("the same person, by a token that shows all", "max", readsOrganisations, admitted("github:max:113"), {
        allow: ["user:max#113"],
        deny: ["org:tyrell#7001"],
      }),
      row("a member, by a token that may not see it", "nora", fineGrained(), refused("other_resource_owner", "wonka"), {
        deny: ["org:wonka#7003"],
      }),
      row(
        "a member, by a classic token, which the organisation forbids",
        "abel",
        readsOrganisations,
        refused("token_kind_forbidden", "oscorp"),
        { allow: ["user:abel#130"], deny: ["org:oscorp#7004"] },
      ),
      row(
        "a member, by the token of an app that is not approved",
        "abel",
        cliToken,
        refused("app_not_approved", "lexcorp"),
        {
          allow: ["user:abel#130"],
          deny: ["org:lexcorp#7005"],
          token_kinds: ["oauth"],
          oauth_clients: ["Ov23.acme-cli"],
        },
      ),
      row("a member behind an IP allow list", "abel", readsOrganisations, refused("ip_allow_list", "weyland"), {
        allow: ["user:abel#130"],
        deny: ["org:weyland#7006"],
      }),
      row("a member without single sign-on", "abel", readsOrganisations, refused("sso_required", "genco"), {
        allow: ["user:abel#130"],
        deny: ["org:genco#7007"],
      }),
      row("no member", "emil", readsOrganisations, admitted("github:emil:105")),
      row("no member, while it hides from its own members", "emil", readsOrganisations, admitted("github:emil:105"), {
        deny: ["org:oscorp#7004", "org:lexcorp#7005", "org:weyland#7006", "org:genco#7007"],
      }),
      row("an organisation that is not there any more", "emil", readsOrganisations, refused("organisation_not_found"), {
        deny: ["org:wonka#7777"],
      }),
      row("a member of a team of the renamed organisation", "lea", readsOrganisations, refused("membership_denied"), {
        deny: ["team:tyrell/nexus#81"],
      }),
      row("a member of a child of a child of the team", "ada", readsOrganisations, refused("membership_denied"), {
        allow: ["org:acme"],
        deny: ["team:acme/old#55"],
      }),
      row("no member of a team that is there", "cleo", readsOrganisations, admitted("github:cleo:103", "github:Acme"), {
        allow: ["org:acme"],
        deny: ["team:acme/old#55"],
      }),
      row("no member of a team that may be elsewhere", "emil", readsOrganisations, refused("organisation_not_found"), {
        deny: ["team:tyrell/nexus#81"],
      }),
      row("the same, and the organisation has its number", "emil", readsOrganisations, admitted("github:emil:105"), {
        deny: ["team:tyrell/nexus#81"],
        groups_from: ["tyrell#7001"],
      }),
    ],
  },
  {
    title: "What is missing stays apart",
    text:
      "What GitHub does not tell about one organisation concerns the entries that need that organisation, and no others. It is named as hidden organisations are. Only where it could " +
      "decide is the review undetermined.",
    policy: {
      allow: ["user:emil#105", "org:acme#1234", "org:vandelay#8002"],
      token_kinds: ["classic", "fine_grained"],
    },
    rows: [
      row("a member of another organisation", "xavi", readsOrganisations, {
        ...admitted("github:xavi:126", "github:Acme"),
        hidden: ["vandelay=github_unexpected_status"],
      }),
      row("a person that the policy names", "emil", readsOrganisations, {
        ...admitted("github:emil:105"),
        hidden: ["vandelay=github_unexpected_status"],
      }),
      row(
        "a member, while GitHub fails about the other organisation",
        "cleo",
        { ...readsOrganisations, fate: { kind: "met", fault: serverError, path: /vandelay/ } },
        { ...admitted("github:cleo:103", "github:Acme"), hidden: ["vandelay=github_server_error"] },
      ),
      row(
        "a member, while GitHub says nothing about the other organisation",
        "cleo",
        { ...readsOrganisations, fate: { kind: "met", fault: { kind: "hang" }, path: /globex/ } },
        { ...admitted("github:cleo:103", "github:Acme"), hidden: ["globex=github_timeout"] },
        { allow: ["org:acme#1234", "org:globex#2345"] },
      ),
      row("a person whom it could admit", "finn", readsOrganisations, refused("github_unexpected_status")),
      row(
        "a member of a team, in the last of 22 nested teams",
        "ivan",
        readsOrganisations,
        admitted("github:ivan:132"),
        { allow: ["team:crowd/nested-1#9001"], groups_from: [] },
      ),
      row("a member of a team, in a thousand others", "sven", readsOrganisations, admitted("github:sven:120"), {
        allow: ["team:crowd/team-1#10001"],
        groups_from: [],
      }),
      row("a person whom it could deny", "xavi", readsOrganisations, refused("github_unexpected_status"), {
        allow: ["org:acme#1234"],
        deny: ["org:vandelay#8002"],
      }),
      row(
        "a member of an organisation alone, while GitHub fails about teams",
        "ada",
        { ...readsOrganisations, fate: { kind: "met", fault: serverError, path: /teams/ } },
        { ...admitted("github:ada:101", "github:Acme"), hidden: ["acme/teams=github_server_error"] },
        { allow: ["org:acme#1234"] },
      ),
      row(
        "a member, where nothing needs teams",
        "ada",
        { ...readsOrganisations, fate: { kind: "met", fault: serverError, path: /teams/ } },
        admitted("github:ada:101"),
        { allow: ["org:acme#1234"], groups_from: [] },
      ),
      row(
        "a list of teams that is too large",
        "ben",
        { ...readsOrganisations, fate: { kind: "met", fault: { kind: "oversized", bytes: 3_000_000 }, path: /teams/ } },
        { ...admitted("github:ben:102", "github:Acme", "github:Acme/platform"), hidden: ["acme/teams=too_many_teams"] },
        { allow: ["team:acme/platform#55"] },
      ),
      row(
        "the same, and the team of the policy is no better",
        "ben",
        { ...readsOrganisations, fate: { kind: "met", fault: { kind: "oversized", bytes: 3_000_000 }, path: /team/ } },
        refused("too_many_teams", "acme"),
        { allow: ["team:acme/platform#55"] },
      ),
      row(
        "a list of teams that another organisation forbids",
        "ben",
        {
          ...fineGrained("acme"),
          fate: {
            kind: "met",
            fault: { kind: "forbidden", message: tokenLifetime("organization", "globex") },
            path: /^\/user\/teams/,
          },
        },
        {
          ...admitted("github:ben:102", "github:Acme", "github:Acme/platform"),
          hidden: ["acme/teams=other_organisation_forbids"],
        },
        { allow: ["team:acme/platform#55"] },
      ),
      row(
        "the same, and the team of the policy as well",
        "ben",
        {
          ...fineGrained("acme"),
          fate: {
            kind: "met",
            fault: { kind: "forbidden", message: tokenLifetime("organization", "globex") },
            path: /team/,
          },
        },
        refused("other_organisation_forbids", "acme"),
        { allow: ["team:acme/platform#55"] },
      ),
    ],
  },
  {
    title: "Odd names harm no one",
    text:
      "Old logins may begin with a dash. A team has no group where its slug is not printable ASCII, and a team of an enterprise may name no organisation. All else about these people " +
      "counts.",
    policy: { allow: ["org:acme#1234"], token_kinds: ["classic"] },
    rows: [
      row("a login with a dash in front", "-walt-", readsOrganisations, admitted("github:-walt-:125", "github:Acme")),
      row("the same by name", "-walt-", readsOrganisations, admitted("github:-walt-:125"), {
        allow: ["user:-walt-#125"],
      }),
      row("odd teams elsewhere", "yuki", readsOrganisations, admitted("github:yuki:127", "github:Acme")),
      row(
        "odd teams in an organisation with an old name",
        "yuki",
        readsOrganisations,
        admitted("github:yuki:127", "github:-Dunder-", "github:-Dunder-/sales"),
        { allow: ["org:-dunder-#8003"] },
      ),
      row(
        "a team without a slug, by its number",
        "yuki",
        readsOrganisations,
        admitted("github:yuki:127", "github:-Dunder-", "github:-Dunder-/sales"),
        { allow: ["team:-dunder-/octopus#92"] },
      ),
    ],
  },
  {
    title: "Several organisations",
    text:
      "Octogate names the organisations that a token may not see; it does not conclude that the person is no member. What the token does show counts. A fine-grained token shows " +
      "one organisation: the one that it was made for.",
    policy: {
      allow: ["org:acme#1234", "org:globex#2345", "org:hooli#3456"],
      token_kinds: ["classic", "fine_grained"],
    },
    rows: [
      row(
        "a member of two",
        "gina",
        readsOrganisations,
        admitted("github:gina:107", "github:Acme", "github:Acme/billing", "github:globex"),
      ),
      row("a token that sees the first", "gina", fineGrained("acme"), {
        ...admitted("github:gina:107", "github:Acme", "github:Acme/billing"),
        hidden: ["globex=other_resource_owner", "hooli=other_resource_owner"],
      }),
      row("a token that sees the second", "gina", fineGrained("globex"), {
        ...admitted("github:gina:107", "github:globex"),
        hidden: ["acme=other_resource_owner", "hooli=other_resource_owner"],
      }),
      row("single sign-on for one of two is not done", "hugo", readsOrganisations, {
        ...admitted("github:hugo:108", "github:Acme"),
        hidden: ["hooli=sso_required"],
      }),
      row(
        "single sign-on is done",
        "hugo",
        { ...readsOrganisations, authorisedFor: "hooli" },
        admitted("github:hugo:108", "github:Acme", "github:hooli"),
      ),
      row("groups of one only", "gina", readsOrganisations, admitted("github:gina:107", "github:globex"), {
        groups_from: ["globex#2345"],
      }),
      row(
        "groups of an organisation that `allow` does not name",
        "gina",
        readsOrganisations,
        admitted("github:gina:107", "github:Acme", "github:Acme/billing"),
        { allow: ["user:gina#107"], groups_from: ["acme#1234"] },
      ),
      row("a group of one team alone", "gina", readsOrganisations, admitted("github:gina:107", "github:Acme/billing"), {
        groups_from: ["team:acme/billing#58"],
      }),
      row("no groups", "gina", readsOrganisations, admitted("github:gina:107"), { groups_from: [] }),
    ],
  },
  {
    title: "What organisations demand",
    text: "Octogate tells kube-apiserver each of these reasons, with a hint.",
    policy: {
      allow: ["org:hooli#3456", "org:initech#4567", "org:umbrella#5678", "org:stark#6789"],
      token_kinds: ["classic", "oauth", "app"],
      oauth_clients: ["Ov23.acme-cli", "Iv23.acme-portal"],
    },
    rows: [
      row(
        "SAML single sign-on",
        "hugo",
        readsOrganisations,
        refused("sso_required", "https://github.com/orgs/hooli/sso?authorization_request="),
      ),
      row("an IP allow list", "ines", readsOrganisations, refused("ip_allow_list", "initech")),
      row("an OAuth app that is not approved", "jan", cliToken, refused("app_not_approved", "umbrella")),
      row("a GitHub App that is not installed", "jan", portalToken, refused("app_not_approved", "umbrella"), {
        allow: ["org:umbrella#5678"],
      }),
      row("a second factor", "zita", readsOrganisations, refused("two_factor_required", "cyberdyne"), {
        allow: ["org:cyberdyne#8005"],
      }),
      row("tokens that end sooner", "zita", fineGrained("soylent"), refused("token_lifetime", "soylent"), {
        allow: ["org:soylent#8004"],
        token_kinds: ["fine_grained"],
      }),
      row(
        "tokens that end sooner, by the enterprise's policy",
        "ben",
        {
          ...fineGrained("acme"),
          fate: { kind: "met", fault: { kind: "forbidden", message: tokenLifetime("enterprise", "Octo Corp") } },
        },
        refused("token_lifetime"),
        { allow: ["org:acme#1234"], token_kinds: ["fine_grained"] },
      ),
      row(
        "the permission Members: read",
        "ben",
        { ...fineGrained("acme"), seesMembers: false },
        refused("token_sees_nothing"),
        { allow: ["org:acme#1234"], token_kinds: ["fine_grained"] },
      ),
      row("no classic tokens", "kim", readsOrganisations, refused("token_kind_forbidden", "stark")),
      row(
        "a refusal for an unknown reason",
        "hugo",
        {
          ...readsOrganisations,
          fate: {
            kind: "met",
            fault: { kind: "body", status: 403, body: JSON.stringify({ message: "Forbidden by a new rule" }) },
            path: /^\/user\/memberships\/orgs\/hooli$/,
          },
        },
        refused("organisation_forbidden", "hooli"),
      ),
    ],
  },
  {
    title: "Names get new owners",
    text:
      "When an account, an organisation or a team is renamed, others can take the old name. An entry with a number stands for that number. An entry without one stands for the " +
      "present owner of the name; stderr says which number to write.",
    policy: {
      allow: ["user:oscar#115", "org:tyrell#7001", "org:wonka#7003", "team:acme/oncall#60"],
      token_kinds: ["classic", "fine_grained"],
    },
    rows: [
      row("a person under a new login", "otto", readsOrganisations, admitted("github:otto:115")),
      row("the new owner of that person's old login", "oscar", readsOrganisations, refused("name_reassigned")),
      row(
        "an organisation under a new name",
        "nora",
        readsOrganisations,
        admitted("github:nora:114", "github:Slugworth"),
      ),
      row(
        "an organisation under a new name, while others have the old one",
        "lea",
        readsOrganisations,
        admitted("github:lea:112", "github:Wallace", "github:Wallace/nexus"),
      ),
      row(
        "a fine-grained token sees the new name by a team",
        "lea",
        fineGrained("wallace"),
        admitted("github:lea:112", "github:Wallace", "github:Wallace/nexus"),
        { allow: ["org:tyrell#7001"] },
      ),
      row(
        "a fine-grained token, by the organisation's number",
        "nora",
        fineGrained("slugworth"),
        admitted("github:nora:114", "github:Slugworth"),
        { allow: ["org:wonka#7003"] },
      ),
      row(
        "the new owner of an organisation's old name, by a fine-grained token",
        "max",
        fineGrained("tyrell"),
        refused("other_resource_owner", "tyrell"),
        { allow: ["org:tyrell#7001"] },
      ),
      row("the new owner of an organisation's old name", "max", readsOrganisations, refused("name_reassigned")),
      row(
        "a team under a new name",
        "pia",
        readsOrganisations,
        admitted("github:pia:117", "github:Acme", "github:Acme/duty"),
      ),
      row("the new owner of a team's old name", "quin", readsOrganisations, refused("name_reassigned")),
      row(
        "without numbers, the present owner of the name",
        "max",
        readsOrganisations,
        admitted("github:max:113", "github:tyrell"),
        { allow: ["org:tyrell"] },
      ),
      row(
        "without numbers, the present owner of the team's name",
        "quin",
        readsOrganisations,
        admitted("github:quin:118", "github:Acme", "github:Acme/oncall"),
        { allow: ["team:acme/oncall"] },
      ),
    ],
  },
  {
    title: "Tokens of apps",
    text: "Every app that a person ever signed in to has a token of theirs. So Octogate accepts app tokens for listed clients only. GitHub's word alone says whose token it is, not what the token looks like.",
    policy: {
      allow: ["org:acme#1234"],
      token_kinds: ["classic", "oauth", "app", "legacy"],
      oauth_clients: ["Ov23.acme-cli", "Iv23.acme-portal"],
    },
    rows: [
      row("a listed OAuth app", "ben", cliToken, admitted("github:ben:102", "github:Acme", "github:Acme/platform")),
      row("a listed GitHub App", "ben", portalToken, admitted("github:ben:102", "github:Acme", "github:Acme/platform")),
      row("an app that is not listed", "ben", { ...cliToken, client: "someone-elses" }, refused("client_not_listed")),
      row("GitHub does not say which app", "ben", { kind: "oauth", scopes: ["read:org"] }, refused("client_unknown")),
      row(
        "an old token of an app that is not listed",
        "ben",
        { kind: "legacy", scopes: ["read:org"], client: "someone-elses" },
        refused("client_not_listed"),
      ),
      row(
        "an old personal token",
        "ben",
        { kind: "legacy", scopes: ["read:org"] },
        admitted("github:ben:102", "github:Acme", "github:Acme/platform"),
      ),
      row(
        "an app's token that looks like a personal one",
        "ben",
        { ...readsOrganisations, client: "someone-elses" },
        refused("client_not_listed"),
      ),
    ],
  },
  {
    title: "Tokens of apps, with check-token",
    text:
      "With a secret in `OAUTH_CLIENT_SECRETS` for every listed client, Octogate asks GitHub whether a token belongs to one of them. If not, the answer is a plain no: GitHub does " +
      "not say whether the token belongs to another app or has ended.",
    source: "check_token",
    policy: {
      allow: ["org:acme#1234"],
      token_kinds: ["oauth", "app"],
      oauth_clients: ["Ov23.acme-cli", "Iv23.acme-portal"],
    },
    rows: [
      row("a listed OAuth app", "ben", cliToken, admitted("github:ben:102", "github:Acme", "github:Acme/platform")),
      row("a listed GitHub App", "ben", portalToken, admitted("github:ben:102", "github:Acme", "github:Acme/platform")),
      row(
        "an app that is not listed",
        "ben",
        { ...cliToken, client: "someone-elses" },
        refused("token_client_mismatch"),
      ),
      row("a revoked token", "ben", { ...cliToken, fate: { kind: "revoked" } }, refused("token_client_mismatch")),
    ],
  },
  {
    title: "Tokens of apps, with a wrong secret",
    text: "This is the operator's mistake, not the person's: Octogate says nothing about the person.",
    source: "check_token_with_wrong_secret",
    policy: { allow: ["org:acme#1234"], token_kinds: ["oauth"], oauth_clients: ["Ov23.acme-cli"] },
    rows: [row("a listed OAuth app", "ben", cliToken, refused("oauth_client_secret"))],
  },
  {
    title: "What a token may be able to do, and for how long",
    text: "An attacker who breaks into a cluster gets its users' tokens. With these settings, such tokens cannot push code and do not work for ever.",
    policy: {
      allow: ["org:acme#1234"],
      token_kinds: ["classic", "fine_grained", "oauth"],
      oauth_clients: ["Ov23.acme-cli"],
      scopes_at_most: ["read:org", "read:user"],
      require_expiry: true,
    },
    rows: [
      row(
        "no more than it may",
        "cleo",
        { ...readsOrganisations, expiration: expires },
        admitted("github:cleo:103", "github:Acme"),
      ),
      row(
        "one scope too many",
        "cleo",
        { ...classic("read:org", "repo"), expiration: expires },
        refused("too_many_scopes", "repo"),
      ),
      row(
        "a scope that contains more than it may",
        "cleo",
        { ...classic("admin:org"), expiration: expires },
        refused("too_many_scopes", "admin:org"),
      ),
      row("no end", "cleo", readsOrganisations, refused("expiry_missing")),
      row(
        "an end that can't be read",
        "cleo",
        { ...readsOrganisations, expiration: "next spring" },
        refused("expiry_missing"),
      ),
      row(
        "a fine-grained token has no scopes",
        "cleo",
        { ...fineGrained("acme"), expiration: expires },
        admitted("github:cleo:103", "github:Acme"),
      ),
      row(
        "an app's token with one scope too many",
        "cleo",
        { ...cliToken, scopes: ["read:org", "gist"], expiration: expires },
        refused("too_many_scopes", "gist"),
      ),
    ],
  },
  {
    title: "Memberships by an installed GitHub App",
    text:
      "With `GITHUB_APP_ID` and `GITHUB_APP_PRIVATE_KEY`, people's tokens need no scope and no resource owner: they only show whose they are. The app does not see whether " +
      "a person has done single sign-on.",
    source: "installed_app",
    policy: { allow: ["org:acme#1234"], token_kinds: ["classic", "fine_grained"] },
    rows: [
      row("a token without any scope", "ada", classic(), admitted("github:ada:101", ...platformGroups)),
      row(
        "a fine-grained token for one's own account",
        "ada",
        fineGrained(),
        admitted("github:ada:101", ...platformGroups),
      ),
      row("single sign-on is not looked at", "hugo", classic(), admitted("github:hugo:108", "github:hooli"), {
        allow: ["org:hooli#3456"],
      }),
      row("an organisation under a new name", "nora", fineGrained(), admitted("github:nora:114", "github:Slugworth"), {
        allow: ["org:wonka#7003"],
      }),
      row("a team of an organisation under a new name", "lea", fineGrained(), refused("membership_denied"), {
        allow: ["org:tyrell#7001"],
        deny: ["team:tyrell/nexus#81"],
      }),
      row(
        "an invitation that is not accepted yet",
        "dora",
        classic(),
        refused("invitation_pending", "/orgs/Acme/invitation"),
      ),
      row("an outsider", "emil", classic(), refused("not_allowed")),
      row("an outsider whom GitHub shows to no app", "wim", classic(), refused("not_allowed")),
      row("a billing manager", "uma", classic(), refused("not_allowed")),
      row("another role", "vera", classic(), refused("not_allowed")),
      row("no role", "bob", classic(), refused("not_allowed")),
      row("a login with a dash in front", "-walt-", classic(), admitted("github:-walt-:125", "github:Acme")),
      row("the last of 22 nested teams", "ivan", classic(), admitted("github:ivan:132"), {
        allow: ["team:crowd/nested-1#9001"],
        groups_from: [],
      }),
      row("a thousand teams", "sven", classic(), admitted("github:sven:120"), {
        allow: ["team:crowd/team-1#10001"],
        groups_from: [],
      }),
      row("a member of a denied organisation under a new name", "nora", classic(), refused("membership_denied"), {
        allow: ["user:nora#114"],
        deny: ["org:wonka#7003"],
      }),
      row("a denied organisation that suspended the app", "cleo", classic(), refused("github_app_unavailable"), {
        deny: ["org:umbrella#5678"],
      }),
      row(
        "a member of another organisation than the one that the law hides",
        "xavi",
        classic(),
        {
          ...admitted("github:xavi:126", "github:Acme"),
          hidden: ["vandelay=github_unexpected_status"],
        },
        { allow: ["org:acme#1234", "org:vandelay#8002"] },
      ),
      row(
        "a member of another organisation than the one without the app",
        "cleo",
        classic(),
        {
          ...admitted("github:cleo:103", "github:Acme"),
          hidden: ["globex=github_app_unavailable", "umbrella=github_app_unavailable"],
        },
        { allow: ["org:acme#1234", "org:globex#2345", "org:umbrella#5678"] },
      ),
      row(
        "odd teams",
        "yuki",
        classic(),
        admitted("github:yuki:127", "github:-Dunder-", "github:-Dunder-/ent:everyone", "github:-Dunder-/sales"),
        {
          allow: ["org:-dunder-#8003"],
        },
      ),
      row("an organisation without the app", "finn", classic(), refused("github_app_unavailable"), {
        allow: ["org:globex#2345"],
      }),
      row("an organisation that suspended the app", "jan", classic(), refused("github_app_unavailable"), {
        allow: ["org:umbrella#5678"],
      }),
      row(
        "a denied one that did, by a token that shows nothing",
        "cleo",
        classic(),
        refused("github_app_unavailable"),
        {
          allow: ["org:acme#1234"],
          deny: ["org:umbrella#5678"],
        },
      ),
      row(
        "… by a token that shows that its owner is outside",
        "cleo",
        readsOrganisations,
        admitted("github:cleo:103", "github:Acme"),
        { allow: ["org:acme#1234"], deny: ["org:umbrella#5678"] },
      ),
      row("… by its member's", "jan", readsOrganisations, refused("github_app_unavailable"), {
        allow: ["user:jan#110"],
        deny: ["org:umbrella#5678"],
      }),
    ],
  },
  {
    title: "Names of users and groups",
    text: "`username`, `group` and `prefix` decide. Octogate sends no name that is empty or begins with `system:`, and never a shortened list of groups.",
    policy: { allow: ["team:acme/platform#55"], token_kinds: ["classic"] },
    rows: [
      row(
        "login and number, slugs",
        "ben",
        readsOrganisations,
        admitted("github:ben:102", "github:Acme", "github:Acme/platform"),
        { username: "login:id", group: "slug" },
      ),
      row("numbers", "ben", readsOrganisations, admitted("github:102", "github:1234", "github:1234/55"), {
        username: "id",
        group: "id",
      }),
      row(
        "the login alone, slugs with numbers",
        "ben",
        readsOrganisations,
        admitted("github:ben", "github:Acme:1234", "github:Acme:1234/platform:55"),
        { username: "login", group: "slug:id" },
      ),
      row("another prefix", "ben", readsOrganisations, admitted("octo/ben:102", "octo/Acme", "octo/Acme/platform"), {
        prefix: "octo/",
      }),
      row("no prefix", "ben", readsOrganisations, admitted("ben:102", "Acme", "Acme/platform"), { prefix: "" }),
      row(
        "no prefix, and a login that makes a name that Kubernetes reserves",
        "system",
        readsOrganisations,
        refused("identity_unsafe"),
        { allow: ["org:acme#1234"], prefix: "" },
      ),
      row(
        "the same login with the prefix",
        "system",
        readsOrganisations,
        admitted("github:system:121", "github:Acme"),
        { allow: ["org:acme#1234"] },
      ),
      row(
        "more teams than can be groups",
        "sven",
        readsOrganisations,
        { ...admitted("github:sven:120", "github:crowd"), hidden: ["crowd/teams=too_many_teams"] },
        { allow: ["org:crowd#8001"] },
      ),
    ],
  },
  {
    title: "What GitHub says about a token",
    text: "If GitHub refuses a token, the answer is a plain no. If GitHub says nothing about the person, Octogate says nothing to the cluster either.",
    signsIn: false,
    policy: { allow: ["anyone"], token_kinds: ["classic"] },
    rows: [
      row("a revoked or expired token", "ben", { ...classic(), fate: { kind: "revoked" } }, refused("token_refused")),
      row(
        "counted as anonymous, so GitHub most likely does not know it",
        "ben",
        { ...classic(), fate: { kind: "met", fault: { kind: "anonymous_limit", status: 403 } } },
        refused("token_unrecognised"),
      ),
      row(
        "a suspended account",
        "ben",
        { ...classic(), fate: { kind: "met", fault: { kind: "suspended" } } },
        refused("account_suspended"),
      ),
      row(
        "the person's own quota is spent",
        "ben",
        {
          ...classic(),
          fate: { kind: "met", fault: { kind: "primary_limit", status: 403, headers: "full" } },
        },
        refused("github_rate_limit"),
      ),
      row(
        "too many failed sign-ins",
        "ben",
        { ...classic(), fate: { kind: "met", fault: { kind: "lockout" } } },
        refused("github_locked_out"),
      ),
      row(
        "GitHub is down",
        "ben",
        {
          ...classic(),
          fate: { kind: "met", fault: { kind: "server_error", status: 503, body: "unicorn_html" } },
        },
        refused("github_server_error"),
      ),
      row("the policy is wrong", "ben", classic(), refused("configuration", "allow[0]"), { allow: ["everyone"] }),
    ],
  },
  ...workflowSections,
];
