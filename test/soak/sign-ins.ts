// People who sign in with a browser in a soak, and sign out again: the sessions that programs refresh.
import * as client from "openid-client";
import * as v from "valibot";
import {
  openPersonsBrowser,
  openProgram,
  type PersonsBrowser,
  type Program,
  signIn,
} from "../support/openid-program.ts";
import type { IdTokens } from "./answers.ts";
import { type ClusterName, clusterNames, type Deployment } from "./deployment.ts";
import type { Answer } from "./oracle.ts";
import type { Entry, People, SignInCredential } from "./people.ts";

/** A sign-in whose refresh token a program has. */
export interface Session {
  readonly cluster: ClusterName;
  readonly credential: SignInCredential;
  /** The last one. */
  refreshToken: string;
}

interface OpenSession extends Session {
  readonly entry: Entry;
  readonly browser: PersonsBrowser;
}

/** The people of the oldest one sign out where there are more. */
const maxSessions = 30;
/** While GitHub hangs, its page never comes. */
const patienceMs = 15_000;
/** Programs go on trying for so long after a session has ended. */
const triedAfterEndMs = 40_000;

const idTokenAnswer = v.object({ id_token: v.string(), refresh_token: v.string() });
const errorAnswer = v.object({ error: v.string() });

/** @returns after everyone in the team has signed in, once at each cluster that has the team or its organisation */
export async function startSignIns(deployment: Deployment, people: People, idTokens: IdTokens) {
  const programs = new Map<ClusterName, Program>();
  for (const cluster of clusterNames) programs.set(cluster, await openProgram(deployment, cluster));
  let open: OpenSession[] = [];
  let ended: { readonly session: OpenSession; readonly at: number }[] = [];

  /** @returns a session that counts from now on, and its sign-in */
  function begin(entry: Entry, cluster: ClusterName) {
    const credential = people.giveSession(entry);
    const finish = async (): Promise<Answer> => {
      const browser = await openPersonsBrowser(deployment, people.github.webUrl, patienceMs);
      try {
        const begun = await programOf(cluster).begin();
        const visit = await signIn(browser, begun.address, entry.relation.current.login).catch(() => null);
        if (visit === null || visit.kind === "page") {
          // In an outage GitHub's own pages fail, and Octogate is not asked.
          const isGitHubs = browser.lastAddress().startsWith(people.github.webUrl);
          const why = visit === null ? "no page" : `${visit.status} ${visit.text}`;
          people.forgetSession(entry, credential);
          return isGitHubs ? { kind: "undetermined" } : { kind: "broken", why };
        }
        const tokens = v.parse(idTokenAnswer, await begun.finish(visit.url));
        people.noteSession(credential);
        open.push({ cluster, credential, refreshToken: tokens.refresh_token, entry, browser });
        return await idTokens.yesBy(tokens.id_token, cluster, "github:");
      } catch (error) {
        people.forgetSession(entry, credential);
        return refusalIn(error);
      } finally {
        putEndedAside();
      }
    };
    return { credential, finish };
  }

  function putEndedAside(): void {
    const isLive = ({ credential }: Session) => credential.facts.current.isTokenLive;
    const at = Date.now();
    ended.push(...open.filter((session) => !isLive(session)).map((session) => ({ session, at })));
    open = open.filter(isLive);
    for (const { session } of ended.filter((one) => one.at < at - triedAfterEndMs)) {
      people.forgetSession(session.entry, session.credential);
    }
    ended = ended.filter((one) => one.at >= at - triedAfterEndMs);
  }

  function programOf(cluster: ClusterName): Program {
    const program = programs.get(cluster);
    if (program === undefined) throw new Error(`${cluster} has no program`);
    return program;
  }

  for (const entry of people.entries().filter(({ relation }) => relation.current.isInTeam)) {
    for (const cluster of clusterNames.filter((name) => name !== "red")) await begin(entry, cluster).finish();
  }

  return {
    begin,
    /** Those that ended a moment ago are among them. */
    sessions: (): readonly Session[] => [...open, ...ended.map(({ session }) => session)],
    /** Where there are many, the person of the oldest one signs out; while GitHub does not answer, nothing ends. */
    async endOldest(): Promise<void> {
      const [oldest] = open;
      if (oldest === undefined || open.length <= maxSessions) return;
      await oldest.browser
        .open(`${deployment.issuerUrl}/sign-out`)
        .then((page) => oldest.browser.submit(page, "Sign out"))
        .catch(() => null);
      putEndedAside();
    },
  };
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
