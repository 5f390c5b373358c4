// The whole Worker on virtual time, before the stand-in for GitHub: three organisations, people with every relation to
// them, and all that a fault needs to reach them.
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import type { StandInAccount } from "../../../../src/local/github/accounts.ts";
import type { Fault, FaultOptions } from "../../../../src/local/github/faults.ts";
import { startGitHubStandIn } from "../../../../src/local/github/server.ts";
import { makeToken } from "../../../../src/local/github/token.ts";
import { createApp } from "../../../../src/worker/app.ts";
import type { VerdictKind } from "../../../../src/worker/reasons.ts";
import { verifiedCertificate } from "../../../support/client-auth.ts";
import { turnOfTheLoop, untilIdle } from "../cache/support.ts";
import { virtualTime } from "../cache/virtual-time.ts";
import { type Cluster, type Column, clusterNames, columnNames, columns, policies, type Source } from "./people.ts";

export interface Review {
  /** Read from the answer alone, as kube-apiserver does. */
  readonly verdict: VerdictKind;
  /** From the log, for a report. */
  readonly reason: string;
  readonly groups: readonly string[];
  readonly isGrace: boolean;
}

const answerSchema = v.object({
  status: v.union([
    v.string(),
    v.object({
      authenticated: v.boolean(),
      error: v.optional(v.string()),
      user: v.optional(v.object({ groups: v.array(v.string()), extra: v.record(v.string(), v.array(v.string())) })),
    }),
  ]),
});
const recordSchema = v.object({ verdict: v.string(), reason: v.string() });

export type World = Awaited<ReturnType<typeof createWorld>>;

/** Requests of an hour that an installation, or an app's client, may make: GitHub's 5,000 would take long to spend. */
const sharedQuota = 600;
/** Of NEVER_SEEN_LIMIT, as wrangler.toml has it. */
const neverSeenLimit = 300;

export async function createWorld(source: Source) {
  const time = virtualTime();
  const github = await startGitHubStandIn({ now: () => new Date(time.now()), installationLimit: sharedQuota });
  onTestFinished(() => github.close());
  const acme = github.addOrganisation({ login: "acme", id: 1234 });
  const partner = github.addOrganisation({ login: "partner", id: 2345 });
  const evil = github.addOrganisation({ login: "evil", id: 6666 });
  const platform = github.addTeam(acme, { name: "platform", id: 55 });
  const services = github.addTeam(acme, { name: "services", id: 56, parent: platform });
  const backend = github.addTeam(acme, { name: "backend", id: 57, parent: services });
  const places = { acme, partner, evil } as const;
  const teams = { platform, backend } as const;
  const app = github.addApp({ name: "octogate" });
  const installations = {
    acme: github.installApp(app, acme),
    partner: github.installApp(app, partner),
    evil: github.installApp(app, evil),
  };

  const accounts = new Map<Column, StandInAccount>();
  for (const column of columnNames) {
    const account = github.addAccount({ login: column.replace(/[^a-z]+/g, "-"), id: columns[column].id });
    accounts.set(column, account);
    for (const place of columns[column].isIn) {
      if (place === "platform" || place === "backend") github.addToTeam(teams[place], account);
      else github.addMember(places[place], account);
    }
  }
  const accountOf = (column: Column): StandInAccount => {
    const account = accounts.get(column);
    if (account === undefined) throw new Error(`there is no account for ${column}`);
    return account;
  };

  /** The scopes of all tokens, each its own list: a test may change them in place. */
  const scopes = new Map<string, string[]>();

  /** @returns a new token of the source's kind */
  function tokenFor(account: StandInAccount): string {
    const own = source === "installed_app" ? [] : ["read:org"];
    const token = makeToken(kindOf(source));
    scopes.set(token, own);
    const isApps = source === "oauth" || source === "client_secret";
    return github.issueToken(account, {
      kind: kindOf(source),
      token,
      ...(source === "fine_grained"
        ? { resourceOwner: partner.members.has(account) ? partner : acme }
        : { scopes: own }),
      ...(isApps ? { oauthClientId: app.clientId } : {}),
    });
  }
  const tokens = new Map(columnNames.map((column) => [column, tokenFor(accountOf(column))]));
  const personal: { columns: readonly Column[]; fault: Fault; options: FaultOptions }[] = [];

  /** A newcomer comes with a token that was never seen, each time. */
  function tokenOf(column: Column): string {
    const token = column === "newcomer" ? tokenFor(accountOf(column)) : tokens.get(column);
    if (token === undefined) throw new Error(`there is no token of ${column}`);
    if (column === "newcomer") {
      for (const { columns: hit, fault, options } of personal)
        if (hit.includes(column)) github.setFault(token, fault, options);
    }
    return token;
  }

  const store = new Map<string, ArrayBuffer>();
  const hung: RegExp[] = [];
  let isBroken = false;
  let underWay = 0;

  /** Answers at once, or never: what hangs ends at its own deadline, on virtual time. */
  const fetchFromGitHub: typeof fetch = async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const authorization = new Headers(init?.headers).get("authorization") ?? "";
    if (hung.some((pattern) => pattern.test(`${url} ${authorization}`))) {
      const { signal } = init ?? {};
      if (!signal) throw new Error("a call without a deadline");
      do await untilIdle();
      while (underWay > 0);
      time.passUntil(signal);
      throw signal.reason;
    }
    if (isBroken) throw new TypeError("the connection broke");
    underWay += 1;
    try {
      return await github.answer(new Request(input, init));
    } finally {
      underWay -= 1;
    }
  };

  const secrets = {
    cache: randomBytes(32).toString("base64"),
    fingerprint: new Map(clusterNames.map((name, index) => [name, String(index).repeat(64)])),
  };
  const asks = new Map<string, { since: number; count: number }>();
  const limiter = {
    async limit({ key }: { readonly key: string }) {
      const known = asks.get(key);
      const ask = known !== undefined && time.now() - known.since < 60_000 ? known : { since: time.now(), count: 0 };
      ask.count += 1;
      asks.set(key, ask);
      return { success: ask.count <= neverSeenLimit };
    },
  };
  const clusters = clusterNames.map((name) => [
    `CLUSTER_${name.toUpperCase()}`,
    {
      client_certificates: [secrets.fingerprint.get(name)],
      token_kinds: ["classic", "fine_grained", "oauth"],
      oauth_clients: [app.clientId],
      ...policies[name],
    },
  ]);
  const kv = {
    get: async (name: string) => store.get(name)?.slice() ?? null,
    put: async (name: string, value: Uint8Array<ArrayBuffer>) => void store.set(name, value.slice().buffer),
  };
  const settings = {
    GITHUB_API_URL: github.url,
    CACHE_TTL_SECONDS: 120,
    OUTAGE_GRACE_SECONDS: 600,
    CACHE_SECRET: secrets.cache,
    KV: kv,
    NEVER_SEEN_LIMIT: limiter,
    ...Object.fromEntries(clusters),
    ...(source === "installed_app"
      ? { GITHUB_APP_ID: String(app.appId), GITHUB_APP_PRIVATE_KEY: app.privateKeyPem }
      : {}),
    ...(source === "client_secret"
      ? { OAUTH_CLIENT_SECRETS: JSON.stringify({ [app.clientId]: app.clientSecret }) }
      : {}),
  };
  let env: Readonly<Record<string, unknown>> = settings;

  const background: Promise<void>[] = [];
  const lines: string[] = [];
  const worker = createApp({
    fetch: fetchFromGitHub,
    now: time.now,
    waitUntil: (work) => background.push(work),
    writeLine: (line) => lines.push(line),
    writeError: () => {},
  });

  async function review(token: string, cluster: Cluster): Promise<Review> {
    const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
    const request = new Request("https://auth.test/authenticate", { method: "POST", body });
    const fingerprint = secrets.fingerprint.get(cluster) ?? "";
    const certificate = verifiedCertificate(fingerprint, new Date(time.now() + 90 * 86_400_000));
    lines.length = 0;
    const response = await worker.fetch(Object.assign(request, { cf: { tlsClientAuth: certificate } }), env);
    const { status } = v.parse(answerSchema, await response.json());
    while (background.length > 0) await Promise.all(background.splice(0));
    await turnOfTheLoop();
    // Beyond a few lines, made-up tokens are summed.
    const record = v.safeParse(recordSchema, JSON.parse(lines.at(-1) ?? "{}"));
    const reason = record.success ? record.output.reason : "no line of its own";
    if (typeof status === "string") return { verdict: "undetermined", reason, groups: [], isGrace: false };
    const { authenticated, error, user } = status;
    const isGrace = user?.extra["octogate.dev/outage-grace"] !== undefined;
    if (authenticated) return { verdict: "authenticated", reason, groups: user?.groups ?? [], isGrace };
    return { verdict: error === undefined ? "unauthenticated" : "denied", reason, groups: [], isGrace };
  }

  return {
    source,
    github,
    time,
    ...places,
    platform,
    app,
    installations,
    accountOf,
    tokenOf,
    tokenFor,
    review,
    /** Lets GitHub fail for the tokens of these people. */
    failFor(hit: readonly Column[], fault: Fault, options: FaultOptions = {}) {
      personal.push({ columns: hit, fault, options });
      for (const column of hit) github.setFault(tokens.get(column) ?? "", fault, options);
    },
    /** Lets calls hang: the pattern is matched with the address and the credential after it. */
    hang: (pattern: RegExp) => void hung.push(pattern),
    breakConnections: () => {
      isBroken = true;
    },
    /** A member of acme besides those who are reviewed. */
    addColleague() {
      const colleague = github.addAccount({ login: `colleague-${randomBytes(4).toString("hex")}` });
      github.addMember(acme, colleague);
      return colleague;
    },
    /** Those of the people who are members of acme at this moment. */
    membersOfAcme: () => columnNames.map(accountOf).filter((account) => acme.members.has(account)),
    scopesOf: (column: Column) => scopes.get(tokens.get(column) ?? "") ?? [],
    /** What the three leavers do at the moment of the fault. */
    leave() {
      github.removeMember(acme, accountOf("left the organisation"));
      github.removeFromTeam(platform, accountOf("left the team"));
      github.revokeToken(tokens.get("token revoked") ?? "");
    },
    /** Starts another isolate on the same KV, with other settings. */
    restart(changes: Readonly<Record<string, unknown>>) {
      env = { ...settings, ...changes };
    },
  };
}

function kindOf(source: Source): "classic" | "fine_grained" | "oauth" {
  if (source === "fine_grained") return source;
  return source === "oauth" || source === "client_secret" ? "oauth" : "classic";
}
