// People who sign in with a browser in a soak, and sign out again: the sessions that programs refresh.
import * as client from "openid-client";
import * as v from "valibot";
import type { Browser, Visit } from "../support/github-browser.ts";
import { openPersonsBrowser, openProgram, type Program, signIn } from "../support/openid-program.ts";
import type { IdTokens } from "./answers.ts";
import { type ClusterName, clusterNames, type Deployment } from "./deployment.ts";
import type { Answer } from "./oracle.ts";
import type { Credential, Entry, People } from "./people.ts";

/** A sign-in whose refresh token a program has. */
export interface Session {
  readonly cluster: ClusterName;
  readonly credential: Credential;
  readonly refreshToken: string;
}

interface OpenSession extends Session {
  readonly entry: Entry;
  readonly browser: Browser;
}

/** Of those who sign in during the soak: the ones before are signed out. */
const maxSessions = 12;
/** Programs go on trying after their person has signed out. */
const maxEnded = 4;

const idTokenAnswer = v.object({ id_token: v.string(), refresh_token: v.string() });
const errorAnswer = v.object({ error: v.string() });

/** @returns after everyone in the team has signed in, once at each cluster that has the team or its organisation */
export async function startSignIns(deployment: Deployment, people: People, idTokens: IdTokens) {
  const programs = new Map<ClusterName, Program>();
  for (const cluster of clusterNames) programs.set(cluster, await openProgram(deployment, cluster));
  /** They never sign out. */
  const lasting: OpenSession[] = [];
  const open: OpenSession[] = [];
  const ended: OpenSession[] = [];

  /** @param into where the session goes if the person gets in */
  function begin(entry: Entry, cluster: ClusterName, into = open) {
    const credential = people.giveSession(entry);
    const finish = async (): Promise<Answer> => {
      const browser = await openPersonsBrowser(deployment, people.github.webUrl);
      const begun = await programOf(cluster).begin();
      const visit = await signIn(browser, begun.address, entry.relation.current.login);
      if (visit.kind === "page") {
        const why = `${visit.status} ${visit.text}`;
        // In an outage GitHub's own pages fail, and Octogate is not asked.
        return visit.url.startsWith(deployment.issuerUrl) ? { kind: "broken", why } : { kind: "undetermined" };
      }
      try {
        const { id_token: idToken, refresh_token: refreshToken } = v.parse(
          idTokenAnswer,
          await begun.finish(visit.url),
        );
        into.push({ cluster, credential, refreshToken, entry, browser });
        return await idTokens.yesBy(idToken, cluster, "github:");
      } catch (error) {
        people.forgetSession(entry, credential);
        return refusalIn(error);
      }
    };
    return { credential, finish };
  }

  function programOf(cluster: ClusterName): Program {
    const program = programs.get(cluster);
    if (program === undefined) throw new Error(`${cluster} has no program`);
    return program;
  }

  for (const entry of people.entries().filter(({ relation }) => relation.current.isInTeam)) {
    for (const cluster of clusterNames.filter((name) => name !== "red")) await begin(entry, cluster, lasting).finish();
  }

  return {
    begin,
    /** Those of people who have signed out are among them. */
    sessions: (): readonly Session[] => [...lasting, ...open, ...ended],
    /** Where there are many, the person of the oldest one signs out. */
    async endOldest(): Promise<void> {
      const [oldest] = open;
      if (oldest === undefined || open.length <= maxSessions) return;
      const from = Date.now();
      // While GitHub does not answer, nothing ends, and the page says so.
      const visit = await signOut(oldest.browser, deployment.issuerUrl);
      if (visit.kind === "left" || visit.status !== 200) return;
      open.shift();
      ended.push(oldest);
      const { facts } = oldest.credential;
      facts.change({ ...facts.current, isTokenLive: false }, from, Date.now());
      for (const { entry, credential } of ended.splice(0, Math.max(0, ended.length - maxEnded))) {
        people.forgetSession(entry, credential);
      }
    },
  };
}

async function signOut(browser: Browser, issuerUrl: string): Promise<Visit> {
  return browser.submit(await browser.open(`${issuerUrl}/sign-out`), "Sign out");
}

/** @returns what the program was told: at the browser's return, or by /token */
function refusalIn(error: unknown): Answer {
  const why = String(error);
  if (error instanceof client.AuthorizationResponseError) {
    if (error.error === "access_denied") return { kind: "no", told: error.error_description ?? "" };
    return error.error === "temporarily_unavailable" ? { kind: "undetermined" } : { kind: "broken", why };
  }
  if (error instanceof client.ResponseBodyError) {
    const { error: code } = v.parse(errorAnswer, error.cause);
    if (error.status === 503 && code === "temporarily_unavailable") return { kind: "undetermined" };
    return error.status === 400 && code === "invalid_grant" ? { kind: "no", told: why } : { kind: "broken", why };
  }
  return { kind: "broken", why };
}
