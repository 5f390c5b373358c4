// The people, organisations and apps of docs/identity.md, at the stand-in for GitHub.
// Their numbers never change; their tokens are made anew in each run.
import { randomBytes } from "node:crypto";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import { makeActionsKey } from "../../src/local/github/actions/issuer.ts";
import { actionsIssuerUrl } from "../../src/local/github/actions/routes.ts";
import type { StandInOrganisation } from "../../src/local/github/organisations.ts";
import type { StandInRepository } from "../../src/local/github/repositories.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../src/local/github/server.ts";
import { makeToken } from "../../src/local/github/token.ts";
import type { Source, TokenSpec, WorkflowRun } from "./case.ts";

/** The people, in the order of docs/identity.md. */
export const people = {
  ada: {
    id: 101,
    is: "a member of Acme, in the team `backups`, whose parent is `storage`, whose parent is `platform`",
  },
  ben: { id: 102, is: "a member of Acme, in the team `platform`" },
  cleo: { id: 103, is: "a member of Acme, in no team" },
  dora: { id: 104, is: "invited to Acme, but did not accept yet" },
  emil: { id: 105, is: "in no organisation" },
  finn: { id: 106, is: "a member of globex, in its team `platform`" },
  gina: { id: 107, is: "a member of Acme, in the team `billing`, and of globex" },
  hugo: { id: 108, is: "a member of Acme, and of hooli, which demands SAML single sign-on" },
  ines: { id: 109, is: "a member of initech, which has an IP allow list" },
  jan: { id: 110, is: "a member of umbrella, which lets in only apps that it approved" },
  kim: { id: 111, is: "a member of stark, which forbids classic tokens" },
  lea: { id: 112, is: "a member of Wallace, called tyrell until it was renamed, in its team `nexus`" },
  max: { id: 113, is: "a member of the organisation that is called tyrell now" },
  nora: { id: 114, is: "a member of Slugworth, called wonka until it was renamed; no one has the old name now" },
  otto: { id: 115, is: "called `oscar` until he was renamed" },
  oscar: { id: 116, is: "a person who took the login that became free" },
  pia: { id: 117, is: "a member of Acme, in the team `duty`, called `oncall` until it was renamed" },
  quin: { id: 118, is: "a member of Acme, in the team that is called `oncall` now" },
  rosa: { id: 119, is: "a member of Acme, in a team with the name `system:masters`" },
  sven: { id: 120, is: "a member of crowd, in 1,001 of its teams" },
  system: { id: 121, is: "a person who chose this login, and a member of Acme" },
  "renovate[bot]": { id: 122, is: "an account of an app, of type Bot" },
  uma: { id: 123, is: "a billing manager of Acme" },
  vera: { id: 124, is: "in Acme with a role that GitHub may add one day" },
  "-walt-": { id: 125, is: "a member of Acme, with a login of the years in which a dash in front was allowed" },
  xavi: { id: 126, is: "a member of Acme, and of vandelay, access to which the law forbids" },
  yuki: {
    id: 127,
    is: "a member of Acme and of -Dunder-, there in the team `sales`, in two teams without a Latin letter in their names, and in a team of the enterprise",
  },
  wim: { id: 129, is: "in no organisation, and hidden by GitHub as spam" },
  abel: {
    id: 130,
    is: "a member of four organisations that were renamed: Oscorp-Labs, called oscorp before, forbids classic tokens, Luthor, called lexcorp, lets in only apps that it approved, Yutani, called weyland, has an IP allow list, and Genco-Oil, called genco, demands SAML single sign-on",
  },
  bob: { id: 131, is: "in Acme with a membership that names no role" },
  ivan: { id: 132, is: "a member of crowd, in the last of 22 teams, each of which is the parent of the next" },
  zita: {
    id: 128,
    is: "a member of soylent, which limits the lifetime of tokens, and of cyberdyne, which demands a second factor",
  },
} as const;

export type PersonName = keyof typeof people;

/** By the names that policies call them. */
export const organisations = {
  acme: { id: 1234, login: "Acme" },
  globex: { id: 2345, login: "globex" },
  hooli: { id: 3456, login: "hooli" },
  initech: { id: 4567, login: "initech" },
  umbrella: { id: 5678, login: "umbrella" },
  stark: { id: 6789, login: "stark" },
  wallace: { id: 7001, login: "Wallace" },
  tyrell: { id: 7002, login: "tyrell" },
  slugworth: { id: 7003, login: "Slugworth" },
  oscorp: { id: 7004, login: "Oscorp-Labs" },
  lexcorp: { id: 7005, login: "Luthor" },
  weyland: { id: 7006, login: "Yutani" },
  genco: { id: 7007, login: "Genco-Oil" },
  crowd: { id: 8001, login: "crowd" },
  vandelay: { id: 8002, login: "vandelay" },
  dunder: { id: 8003, login: "-Dunder-" },
  soylent: { id: 8004, login: "soylent" },
  cyberdyne: { id: 8005, login: "cyberdyne" },
} as const;

export type OrganisationName = keyof typeof organisations;

/** Repositories by the names that rows call them; some have got other names or owners since they were made. */
export const repositories = {
  shop: { id: 9001, owner: "acme", name: "shop", is: "Acme/shop" },
  web: { id: 9002, owner: "acme", name: "web", is: "Acme/web" },
  fork: { id: 9003, owner: "emil", name: "shop", is: "emil/shop, a fork of it" },
  warehouse: {
    id: 9004,
    owner: "acme",
    name: "warehouse",
    is: "Acme/warehouse, called Acme/depot until it was renamed",
  },
  depot: { id: 9005, owner: "acme", name: "depot", is: "the repository that is called Acme/depot now" },
  sold: { id: 9006, owner: "globex", name: "sold", is: "globex/sold, which was Acme's" },
} as const;

export type RepositoryName = keyof typeof repositories;

/** Client ids. */
export const clients = {
  "acme-cli": "Ov23.acme-cli",
  "acme-portal": "Iv23.acme-portal",
  "acme-sign-in": "Iv23.acme-sign-in",
  "someone-elses": "Ov23.someone-elses",
} as const;

/** The sign-in hostname that the app leads back to. */
export const signInIssuer = "https://login.acme.test";

/** @returns for whom a workflow's token has to be */
export function audienceOf(issuerUrl: string, cluster: string): string {
  return `${issuerUrl}/clusters/${cluster}`;
}

export type ClientName = keyof typeof clients;

export interface Scene {
  readonly github: GitHubStandIn;
  readonly accounts: Readonly<Record<PersonName, StandInAccount>>;
  readonly organisations: Readonly<Record<OrganisationName, StandInOrganisation>>;
  /** Of the app that people sign in with, which every organisation has installed. */
  readonly signInSecret: string;
  /**
   * A new token for a person, or for a workflow that a person started, with everything that happened to it.
   *
   * @param audience of a workflow's token; default: of the cluster "example"
   */
  tokenOf(person: PersonName, spec: TokenSpec, audience?: string): string;
  /** The settings of a deployment, without its clusters. */
  settingsOf(source: Source): Record<string, unknown>;
  close(): Promise<void>;
}

/** How many teams more there are than can be groups. */
const crowdedTeams = 1001;
const nestedTeams = 22;

export async function startScene(): Promise<Scene> {
  const github = await startGitHubStandIn();
  const accounts = addPeople(github);
  const places = addOrganisations(github, accounts);
  const repositoryOf = addRepositories(github, accounts, places);
  const cli = github.addApp({ clientId: clients["acme-cli"], appId: 901, name: "acme-cli" });
  const portal = github.addApp({ clientId: clients["acme-portal"], appId: 902, name: "acme-portal" });
  github.installApp(portal, places.acme);
  const signIn = github.addApp({
    clientId: clients["acme-sign-in"],
    name: "acme-sign-in",
    callbackUrls: [`${signInIssuer}/callback`],
  });
  for (const place of Object.values(places)) github.installApp(signIn, place);
  const source = github.addApp({ appId: 903, name: "octogate-memberships" });
  for (const name of ["acme", "hooli", "slugworth", "wallace", "crowd", "vandelay", "dunder"] as const) {
    github.installApp(source, places[name]);
  }
  // A public app can be installed by any account.
  for (const account of [github.addAccount({ login: "-ACE-", id: 900 }), { id: 17, slug: "octo-corp" }, null]) {
    github.installApp(source, account);
  }
  github.suspendInstallation(github.installApp(source, places.umbrella));

  const ownToken = {
    GITHUB_API_URL: github.url,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    ISSUER_URL: signInIssuer,
    ACTIONS_ISSUER_URL: actionsIssuerUrl(github),
  };
  const secretsOf = (secret: string) =>
    JSON.stringify({ [cli.clientId]: secret, [portal.clientId]: portal.clientSecret });

  return {
    github,
    accounts,
    organisations: places,
    signInSecret: signIn.clientSecret,
    tokenOf: (person, spec, audience = audienceOf(signInIssuer, "example")) =>
      spec.kind === "workflow"
        ? workflowTokenOf(github, accounts[person], repositoryOf(spec.run?.repository ?? "shop"), {
            audience,
            ...spec.run,
          })
        : tokenOf(github, accounts[person], places, { ...spec, kind: spec.kind }),
    settingsOf(kind) {
      switch (kind) {
        case "own_token":
          return ownToken;
        case "installed_app":
          return { ...ownToken, GITHUB_APP_ID: source.appId, GITHUB_APP_PRIVATE_KEY: source.privateKeyPem };
        case "check_token":
          return { ...ownToken, OAUTH_CLIENT_SECRETS: secretsOf(cli.clientSecret) };
        case "check_token_with_wrong_secret":
          return { ...ownToken, OAUTH_CLIENT_SECRETS: secretsOf(randomBytes(20).toString("hex")) };
      }
    },
    close: () => github.close(),
  };
}

type Accounts = Scene["accounts"];
type Places = Scene["organisations"];

function addPeople(github: GitHubStandIn): Accounts {
  const accounts = Object.entries(people).map(
    ([login, { id }]) =>
      [
        login,
        github.addAccount({
          login,
          id,
          ...(login.endsWith("[bot]") ? { type: "Bot" } : {}),
          ...(login === "wim" ? { visibility: "hidden" } : {}),
        }),
      ] as const,
  );
  return Object.fromEntries(accounts) as Accounts; // it has the same keys
}

function addOrganisations(github: GitHubStandIn, who: Accounts): Places {
  const places: Places = Object.fromEntries(
    Object.entries(organisations).map(([name, { id, login }]) => [name, github.addOrganisation({ id, login })]),
  ) as Places; // it has the same keys
  const { acme, globex, hooli, initech, umbrella, stark, wallace, tyrell, slugworth, crowd } = places;
  const { vandelay, dunder, soylent, cyberdyne, oscorp, lexcorp, weyland, genco } = places;
  const join = (place: StandInOrganisation, ...members: StandInAccount[]) => {
    for (const member of members) github.addMember(place, member);
  };

  join(acme, who.ada, who.ben, who.cleo, who.gina, who.hugo, who.pia, who.quin, who.rosa, who.system);
  join(acme, who["-walt-"], who.xavi, who.yuki);
  github.addMember(acme, who.dora, { state: "pending" });
  github.addMember(acme, who.uma, { role: "billing_manager" });
  github.addMember(acme, who.vera, { role: "guest_collaborator" });
  github.addMember(acme, who.bob, { role: null });
  const platform = github.addTeam(acme, { name: "Platform", id: 55 });
  const storage = github.addTeam(acme, { name: "Storage", id: 56, parent: platform });
  github.addToTeam(github.addTeam(acme, { name: "Backups", id: 57, parent: storage }), who.ada);
  github.addToTeam(platform, who.ben);
  github.addToTeam(github.addTeam(acme, { name: "Billing", id: 58 }), who.gina);
  github.addToTeam(github.addTeam(acme, { name: "system:masters", id: 59 }), who.rosa);
  github.addToTeam(github.addTeam(acme, { name: "Duty", id: 60 }), who.pia);
  github.addToTeam(github.addTeam(acme, { name: "Oncall", id: 61 }), who.quin);

  join(globex, who.finn, who.gina);
  github.addToTeam(github.addTeam(globex, { name: "Platform", id: 71 }), who.finn);
  join(hooli, who.hugo);
  github.restrictOrganisation(hooli, { sso: {} });
  join(initech, who.ines);
  github.restrictOrganisation(initech, { ipAllowList: true });
  join(umbrella, who.jan);
  github.restrictOrganisation(umbrella, { approvedClients: [] });
  join(stark, who.kim);
  github.restrictOrganisation(stark, { forbidsClassic: true });
  join(wallace, who.lea);
  github.addToTeam(github.addTeam(wallace, { name: "Nexus", id: 81 }), who.lea);
  join(tyrell, who.max);
  join(slugworth, who.nora);
  for (const [place, restrictions] of [
    [oscorp, { forbidsClassic: true }],
    [lexcorp, { approvedClients: [] }],
    [weyland, { ipAllowList: true }],
    [genco, { sso: {} }],
  ] as const) {
    join(place, who.abel);
    github.restrictOrganisation(place, restrictions);
  }
  join(vandelay, who.xavi);
  github.restrictOrganisation(vandelay, { legalReasons: true });
  join(dunder, who.yuki);
  for (const team of [
    { name: "Sales", id: 91 },
    { name: "\u{1f419}", id: 92 },
    { name: "\u958b\u767a", slug: "\u958b\u767a", id: 93 },
    { name: "Everyone", id: 94, type: "enterprise", shownOrganisation: "absent" } as const,
  ]) {
    github.addToTeam(github.addTeam(dunder, team), who.yuki);
  }
  join(soylent, who.zita);
  github.restrictOrganisation(soylent, { tokenLifetime: true });
  join(cyberdyne, who.zita);
  github.restrictOrganisation(cyberdyne, { twoFactor: true });
  join(crowd, who.sven, who.ivan);
  let nested = github.addTeam(crowd, { name: "Nested 1", id: 9001 });
  for (let depth = 2; depth <= nestedTeams; depth += 1) {
    nested = github.addTeam(crowd, { name: `Nested ${depth}`, id: 9000 + depth, parent: nested });
  }
  github.addToTeam(nested, who.ivan);
  for (let number = 1; number <= crowdedTeams; number += 1) {
    github.addToTeam(github.addTeam(crowd, { name: `Team ${number}`, id: 10_000 + number }), who.sven);
  }
  return places;
}

function addRepositories(github: GitHubStandIn, who: Accounts, places: Places) {
  const owners = { acme: places.acme, globex: places.globex, emil: who.emil };
  const added = new Map(
    Object.entries(repositories).map(([key, { id, name, owner }]) => [
      key,
      github.addRepository(owners[owner], { id, name }),
    ]),
  );
  return (name: RepositoryName): StandInRepository => {
    const repository = added.get(name);
    if (repository === undefined) throw new Error(`there is no repository ${name}`);
    return repository;
  };
}

function workflowTokenOf(
  github: GitHubStandIn,
  { login, id }: StandInAccount,
  repository: StandInRepository,
  {
    repository: _,
    audience,
    ageSeconds = 0,
    isForged = false,
    claims,
    ...run
  }: WorkflowRun & { readonly audience: string },
): string {
  const { kid } = github.actionsKeys.signing;
  return github.mintWorkflowToken(
    { ...run, repository, actor: { login, id } },
    {
      audience,
      now: new Date(Date.now() - ageSeconds * 1000),
      ...(claims === undefined ? {} : { claims }),
      ...(isForged ? { key: { ...makeActionsKey(9), kid } } : {}),
    },
  );
}

function tokenOf(
  github: GitHubStandIn,
  account: StandInAccount,
  places: Places,
  spec: TokenSpec & { readonly kind: Exclude<TokenSpec["kind"], "workflow"> },
): string {
  const { kind, scopes, owner, seesMembers, client, expiration, authorisedFor, fate } = spec;
  if (kind === "service_account") return serviceAccountToken();
  const token = github.issueToken(account, {
    kind,
    ...(scopes === undefined ? {} : { scopes }),
    ...(owner === undefined ? {} : { resourceOwner: places[owner] }),
    ...(seesMembers === undefined ? {} : { seesMembers }),
    ...(client === undefined ? {} : { oauthClientId: clients[client] }),
    ...(expiration === undefined ? {} : { expiration }),
    token: makeToken(kind),
  });
  if (authorisedFor !== undefined) github.authoriseSso(places[authorisedFor], token);
  if (fate?.kind === "revoked") github.revokeToken(token);
  if (fate?.kind === "met") {
    github.setFault(token, fate.fault, fate.path === undefined ? {} : { path: fate.path });
  }
  return token;
}

/** Of another audience, so that kube-apiserver asks its webhook about it. */
function serviceAccountToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: "https://kubernetes.default.svc", aud: ["vault"], sub: "system:serviceaccount:default:robot" };
  return `${part({ alg: "RS256" })}.${part(claims)}.${randomBytes(64).toString("base64url")}`;
}
