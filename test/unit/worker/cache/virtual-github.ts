// A small GitHub on virtual time: one person, one organisation, one team, everything that can happen to them and to
// GitHub, and a colleague to whom nothing happens.
import { newToken, turnOfTheLoop } from "./support.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What can end an access. */
export const events = [
  "removed from the organisation",
  "removed from the team",
  "suspended",
  "token revoked",
  "SSO expired",
  "back to pending",
] as const;
export type LeaverEvent = (typeof events)[number];

/** What GitHub can be like meanwhile. */
export const conditions = [
  "GitHub up",
  "5xx",
  "hang",
  "own quota spent",
  "anonymous bucket spent",
  "own list of teams fails",
  "own list of teams fails, and each team",
] as const;
export type Condition = (typeof conditions)[number];

export interface VirtualGitHub {
  readonly fetch: typeof fetch;
  /** Null: all is well. */
  event: LeaverEvent | null;
  condition: Condition;
  /** The colleague's token. */
  readonly colleague: string;
  /** How often it answered 200, and how often 304. */
  readonly counts: { ok: number; notModified: number };
}

/** The app that people sign in with; GitHub says whose its tokens are. */
export const signInClientId = "Iv23.acme-sign-in";

const organization = { id: 10, login: "acme" };
const mona = { id: 1001, login: "mona", type: "User" };
const lisa = { id: 1002, login: "lisa", type: "User" };
const team = { id: 55, slug: "platform", parent: null, organization };

export function virtualGitHub(time: VirtualTime): VirtualGitHub {
  const github: VirtualGitHub = {
    fetch: answer,
    event: null,
    condition: "GitHub up",
    colleague: newToken(),
    counts: { ok: 0, notModified: 0 },
  };

  async function answer(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    const isColleague = headers.get("authorization") === `Bearer ${github.colleague}`;
    const { condition } = github;
    const event = isColleague ? null : github.event;
    if (condition === "5xx") return new Response("<html>Unicorn!</html>", { status: 502 });
    if (condition === "hang") return hang(init?.signal ?? null);
    if (pathname === `/applications/${signInClientId}/token`) {
      if (event === "token revoked") return refusal(404, "Not Found");
      return Response.json({ app: { client_id: signInClientId }, scopes: null, expires_at: null, user: mona });
    }
    if (event === "token revoked") {
      return condition === "anonymous bucket spent" ? limited(60) : refusal(401, "Bad credentials");
    }
    if (condition === "own quota spent") return limited(5000);
    if (event === "suspended") return refusal(403, "Sorry. Your account was suspended");
    const isOfTeams = pathname === "/user/teams" || (condition.endsWith("each team") && pathname.includes("/team/"));
    if (condition.startsWith("own list of teams fails") && isOfTeams && !isColleague) {
      return new Response("<html>Unicorn!</html>", { status: 502 });
    }
    return answerAbout(pathname, isColleague ? lisa : mona, event, headers.get("if-none-match"));
  }

  async function hang(signal: AbortSignal | null): Promise<never> {
    if (signal === null) throw new Error("a call without a deadline");
    await turnOfTheLoop();
    time.passUntil(signal);
    throw signal.reason;
  }

  function answerAbout(
    pathname: string,
    user: typeof mona,
    event: LeaverEvent | null,
    ifNoneMatch: string | null,
  ): Response {
    const isOut = event === "removed from the organisation";
    const isInTeam = !isOut && event !== "removed from the team" && event !== "back to pending";
    switch (pathname) {
      case "/user":
        return found(user, ifNoneMatch);
      case "/organizations/10/team/55":
        return found(team, ifNoneMatch);
      case `/organizations/10/team/55/memberships/${user.login}`:
        return isInTeam ? found({ state: "active", role: "member" }, ifNoneMatch) : refusal(404, "Not Found");
      case "/user/teams": {
        if (event !== "SSO expired") return found(isInTeam ? [team] : [], ifNoneMatch);
        return found([], ifNoneMatch, { "x-github-sso": "partial-results; organizations=10" });
      }
      case "/user/memberships/orgs/acme":
        if (isOut) return refusal(404, "Not Found");
        if (event === "SSO expired") {
          return refusal(403, "Resource protected by organization SAML enforcement.", { "x-github-sso": "required" });
        }
        return found(
          {
            state: event === "back to pending" ? "pending" : "active",
            role: "member",
            organization,
            user: { id: user.id },
          },
          ifNoneMatch,
        );
      default:
        throw new Error(`no call should ask for ${pathname}`);
    }
  }

  function found(body: unknown, ifNoneMatch: string | null, headers: Record<string, string> = {}): Response {
    const etag = `W/"${JSON.stringify(body).length}-${Object.keys(headers).length}"`;
    if (ifNoneMatch === etag) {
      github.counts.notModified += 1;
      return new Response(null, { status: 304, headers: { etag } });
    }
    github.counts.ok += 1;
    return Response.json(body, { headers: { etag, "x-oauth-scopes": "read:org", ...headers } });
  }

  function limited(limit: number): Response {
    const headers = {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Math.ceil(time.now() / 1000) + 1800),
      date: new Date(time.now()).toUTCString(),
    };
    return refusal(403, "API rate limit exceeded", headers);
  }

  return github;
}

function refusal(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ message }, { status, headers });
}
