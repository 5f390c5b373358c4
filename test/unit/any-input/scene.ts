// The whole Worker in Node before the stand-in for GitHub, for very many inputs: people with every relation to two
// clusters, and what has to hold for every answer.
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import { startGitHubStandIn } from "../../../src/local/github/server.ts";
import { createApp } from "../../../src/worker/app.ts";
import { holdToRules, tokenReviewSchema } from "../../support/answer-rules.ts";
import { cfOf, clusterTable, environment, startOfTests } from "../worker/support.ts";

export type Cluster = "production" | "staging";

/** Two clusters whose policies disagree about the same people. */
const policies: Readonly<Record<Cluster, Record<string, unknown>>> = {
  production: { allow: ["user:octocat#583231", "org:acme#1234"], deny: ["user:mallory#99"], username: "login:id" },
  staging: { allow: ["team:acme/platform#55"], username: "id", prefix: "staging:" },
};

const fingerprints: Readonly<Record<Cluster, string>> = { production: "a1".repeat(32), staging: "b2".repeat(32) };

/** Whom each cluster admits. */
export const people = {
  octocat: { id: 583231, isIn: [], mayEnter: ["production"] },
  member: { id: 11, isIn: ["acme", "platform"], mayEnter: ["production", "staging"] },
  colleague: { id: 12, isIn: ["acme"], mayEnter: ["production"] },
  mallory: { id: 99, isIn: ["acme"], mayEnter: [] },
  outsider: { id: 13, isIn: [], mayEnter: [] },
} as const satisfies Record<
  string,
  { readonly id: number; readonly isIn: readonly string[]; readonly mayEnter: readonly Cluster[] }
>;
export type Person = keyof typeof people;
export const personNames = Object.keys(people) as readonly Person[]; // the keys of the table above
export const mayEnter = (person: Person, cluster: Cluster): boolean =>
  (people[person].mayEnter as readonly Cluster[]).includes(cluster); // a list of some of them

export const cfOfCluster = (cluster: Cluster) => cfOf({ certFingerprintSHA256: fingerprints[cluster] });

export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export type Scene = Awaited<ReturnType<typeof startScene>>;

export async function startScene() {
  const clock = { nowMs: startOfTests };
  const github = await startGitHubStandIn({ now: () => new Date(clock.nowMs) });
  onTestFinished(() => github.close());
  const acme = github.addOrganisation({ login: "acme", id: 1234 });
  const platform = github.addTeam(acme, { name: "platform", id: 55 });
  const accounts = new Map<Person, StandInAccount>();
  for (const person of personNames) {
    const { id, isIn } = people[person];
    const account = github.addAccount({ login: person, id });
    accounts.set(person, account);
    if ((isIn as readonly string[]).includes("acme")) github.addMember(acme, account);
    if ((isIn as readonly string[]).includes("platform")) github.addToTeam(platform, account);
  }
  const env = environment({
    CACHE_SECRET: randomBytes(32).toString("base64"),
    CLUSTER_PRODUCTION: clusterTable({ ...policies.production, client_certificates: [fingerprints.production] }),
    CLUSTER_STAGING: clusterTable({ ...policies.staging, client_certificates: [fingerprints.staging] }),
  });
  return {
    clock,
    env,
    github,
    /** @returns a new token that shows all that the person may show */
    tokenOf(person: Person): string {
      const account = accounts.get(person);
      if (account === undefined) throw new Error(`there is no account of ${person}`);
      return github.issueToken(account, { kind: "classic", scopes: ["read:org"] });
    },
    /** A Worker with nothing in memory. @param fetchGitHub in place of the stand-in's own answers */
    startWorker(
      changes: Readonly<Record<string, unknown>> = {},
      fetchGitHub?: (request: Request) => Promise<Response>,
    ) {
      return startWorker({ ...env, ...changes }, clock, fetchGitHub ?? github.answer);
    },
  };
}

function startWorker(
  env: Readonly<Record<string, unknown>>,
  clock: { readonly nowMs: number },
  fetchGitHub: (request: Request) => Promise<Response>,
) {
  const written: string[] = [];
  let background: Promise<void>[] = [];
  const app = createApp({
    fetch: (input, init) => fetchGitHub(new Request(input, init)),
    now: () => clock.nowMs,
    waitUntil: (work) => background.push(work),
    writeLine: (line) => written.push(line),
    writeError: (text) => written.push(text),
  });

  /**
   * Sends a request, and holds the answer to all rules.
   *
   * @param secrets none of which may be written down or answered
   * @returns the user whom the answer lets in; null for every other answer
   * @throws if a rule is broken
   */
  async function ask(path: string, init: RequestInit, cf: unknown, secrets: readonly string[]): Promise<User | null> {
    const request = Object.assign(new Request(`https://auth.test${path}`, init), { cf });
    const response = await app.fetch(request, env);
    const body = await response.text();
    await Promise.all(background);
    background = [];
    const log = written.splice(0).join("\n");
    if (log.includes("an exception")) throw new Error(`an exception got as far as the last catch: ${log}`);
    for (const secret of secrets.filter(({ length }) => length >= 20)) {
      if (`${body}\n${log}`.includes(secret)) throw new Error("a token was written down or answered");
    }
    const { status, headers } = response;
    holdToRules(request.method, new URL(request.url).pathname, { status, headers, body });
    if (status !== 200 || request.method !== "POST") return null;
    const review = v.parse(tokenReviewSchema, JSON.parse(body));
    return "user" in review.status ? review.status.user : null;
  }

  const review = (token: string, cluster: Cluster) => {
    const body = JSON.stringify({ kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", spec: { token } });
    return ask("/authenticate", { method: "POST", body }, cfOfCluster(cluster), [token]);
  };
  return { ask, review };
}

/** @throws if the user is none that the policy gives this person there */
export function holdToPolicy(user: User, person: Person, cluster: Cluster): void {
  const { id, isIn } = people[person];
  const groups = (isIn as readonly string[]).map((name) => (name === "acme" ? "acme" : `acme/${name}`));
  const prefix = cluster === "production" ? "github:" : "staging:";
  const name = cluster === "production" ? `${person}:${id}` : String(id);
  const isRight =
    mayEnter(person, cluster) &&
    user.uid === String(id) &&
    user.username === `${prefix}${name}` &&
    user.groups.every((group) => groups.some((right) => group === `${prefix}${right}`));
  if (!isRight) throw new Error(`a wrong yes: ${person} enters ${cluster} as ${JSON.stringify(user)}`);
}
