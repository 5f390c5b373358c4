// The people of a soak: what GitHub says about each, and what happens to them while they work.
import * as v from "valibot";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { Random } from "../simulate/world/random.ts";
import type { GitHubFacts, Subject } from "./oracle.ts";
import { Timeline } from "./timeline.ts";

export interface Person {
  readonly id: number;
  readonly name: string;
  /** Whether anything ever happens to them: the others are at work all the time. */
  readonly isRestless: boolean;
}

/** A token that a person brings. */
export interface Credential extends Subject {
  readonly person: Person;
  readonly token: string;
}

/** Of a sign-in: only GitHub and Octogate have the token, and the soak looks at GitHub's. */
export interface SignInCredential extends Subject {
  readonly person: Person;
  token: string;
}

/** A person with everything that they have had. */
export interface Entry {
  readonly person: Person;
  readonly relation: Timeline<Omit<GitHubFacts, "isTokenLive">>;
  readonly credentials: Credential[];
  readonly sessions: SignInCredential[];
}

export type People = Awaited<ReturnType<typeof startPeople>>;

/** Numbers of accounts. Those in `allow` and `deny` by number are of no organisation. */
export const named = { allowed: 901, denied: 902 } as const;

/**
 * Facts are asked for again every ten seconds here: that spends GitHub's quotas, which `GitHub limits all` stands for.
 */
const plenty = { anonymousLimit: 1e9, userLimit: 1e9, installationLimit: 1e9, tokenRequestLimit: 1e9 };

const signInsSchema = v.object({
  authorisations: v.array(v.object({ accountId: v.number(), userTokens: v.array(v.object({ token: v.string() })) })),
});

export async function startPeople(seed: number, callbackUrl: string) {
  const random = new Random(seed, "people");
  /** Of people at the app, by the account's number, the newest last. */
  let signInTokens = new Map<number, readonly string[]>();
  const github = await startGitHubStandIn({
    ...plenty,
    onSignInsChange: (json) => {
      const { authorisations } = v.parse(signInsSchema, JSON.parse(json));
      signInTokens = new Map(
        authorisations.map(({ accountId, userTokens }) => [accountId, userTokens.map(({ token }) => token)]),
      );
      noteEndedSessions();
    },
  });
  const acme = github.addOrganisation({ login: "acme", id: 1234 });
  const platform = github.addTeam(acme, { name: "platform", id: 55 });
  const app = github.addApp({ name: "octogate", callbackUrls: [callbackUrl], deviceFlow: true, owner: acme });
  github.installApp(app, acme);
  const shop = github.addRepository(acme, { name: "shop" });
  const other = github.addRepository(acme, { name: "other" });

  const all: Entry[] = [];
  const accounts = new Map<number, ReturnType<typeof github.addAccount>>();
  const addPerson = (id: number, isMember: boolean, isInTeam: boolean, isRestless: boolean) => {
    const name = `person-${id}`;
    const account = github.addAccount({ login: name, id });
    accounts.set(id, account);
    if (isMember) github.addMember(acme, account);
    if (isInTeam) github.addToTeam(platform, account);
    all.push({
      person: { id, name, isRestless },
      relation: new Timeline({ login: name, isMember, isInTeam }),
      credentials: [],
      sessions: [],
    });
  };
  for (let index = 0; index < 6; index += 1) addPerson(100 + index, true, index % 2 === 0, false);
  for (let index = 0; index < 8; index += 1) addPerson(200 + index, true, index % 2 === 0, true);
  for (let index = 0; index < 3; index += 1) addPerson(300 + index, false, false, index > 0);
  addPerson(named.allowed, false, false, false);
  addPerson(named.denied, true, true, false);

  const accountOf = ({ person }: Entry) => {
    const account = accounts.get(person.id);
    if (account === undefined) throw new Error(`there is no account ${person.id}`);
    return account;
  };

  const factsOf = ({ relation }: Entry) => new Timeline<GitHubFacts>({ ...relation.current, isTokenLive: true });

  function giveToken(entry: Entry): void {
    const { person, credentials } = entry;
    const token = github.issueToken(accountOf(entry), { kind: "classic", scopes: ["read:org"] });
    credentials.push({ id: person.id, person, token, facts: factsOf(entry) });
  }
  for (const entry of all) giveToken(entry);

  /** What is true of the person becomes true of each live token at this moment. */
  function changeRelation(entry: Entry, change: Partial<Omit<GitHubFacts, "isTokenLive">>): void {
    const now = Date.now();
    entry.relation.change({ ...entry.relation.current, ...change }, now);
    for (const { facts } of [...entry.credentials, ...entry.sessions])
      facts.change({ ...facts.current, ...change }, now);
  }

  /** GitHub ends sessions: by a sign-out, and with a person's eleventh sign-in another one. */
  function noteEndedSessions(): void {
    const live = new Set([...signInTokens.values()].flat());
    for (const { token, facts } of all.flatMap(({ sessions }) => sessions)) {
      if (token === "" || live.has(token) || !facts.current.isTokenLive) continue;
      facts.change({ ...facts.current, isTokenLive: false }, Date.now());
    }
  }

  let renames = 0;
  const happenings: Readonly<Record<string, (entry: Entry) => void>> = {
    "leaves the organisation": (entry) => {
      github.removeMember(acme, accountOf(entry));
      changeRelation(entry, { isMember: false, isInTeam: false });
    },
    "joins the organisation": (entry) => {
      github.addMember(acme, accountOf(entry));
      changeRelation(entry, { isMember: true });
    },
    "leaves the team": (entry) => {
      github.removeFromTeam(platform, accountOf(entry));
      changeRelation(entry, { isInTeam: false });
    },
    "joins the team": (entry) => {
      github.addMember(acme, accountOf(entry));
      github.addToTeam(platform, accountOf(entry));
      changeRelation(entry, { isMember: true, isInTeam: true });
    },
    "is renamed": (entry) => {
      renames += 1;
      const login = `${entry.person.name}-${renames}`;
      accountOf(entry).login = login;
      changeRelation(entry, { login });
    },
    "revokes a token and makes a new one": (entry) => {
      const revoked = entry.credentials.find(({ facts }) => facts.current.isTokenLive);
      if (revoked !== undefined) {
        github.revokeToken(revoked.token);
        revoked.facts.change({ ...revoked.facts.current, isTokenLive: false }, Date.now());
      }
      giveToken(entry);
    },
  };
  const counts = new Map(Object.keys(happenings).map((name) => [name, 0]));

  return {
    github,
    app,
    acme,
    shop,
    other,
    counts,
    /** @returns the people, with the credentials that they have had */
    entries: (): readonly Entry[] => all,
    /** Something happens to one of the restless. */
    letSomethingHappen(): void {
      const restless = all.filter(({ person }) => person.isRestless);
      const names = Object.keys(happenings);
      const entry = restless[random.below(restless.length)];
      const name = names[random.below(names.length)];
      if (entry === undefined || name === undefined) return;
      happenings[name]?.(entry);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      // Tokens that ended long ago are no longer tried.
      entry.credentials.splice(0, Math.max(0, entry.credentials.length - 4));
    },
    /** A sign-in that begins. */
    giveSession(entry: Entry): SignInCredential {
      const session = { id: entry.person.id, person: entry.person, token: "", facts: factsOf(entry) };
      entry.sessions.push(session);
      return session;
    },
    /** A person's last sign-in came through. */
    noteSession(session: SignInCredential): void {
      session.token = signInTokens.get(session.id)?.at(-1) ?? "";
    },
    /** No one asks with it any more. */
    forgetSession({ sessions }: Entry, session: SignInCredential): void {
      const index = sessions.indexOf(session);
      if (index >= 0) sessions.splice(index, 1);
    },
  };
}
