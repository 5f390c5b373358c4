// A small GitHub on virtual time: one person, one organisation, one team, and everything that can happen to them and to
// GitHub.
import { turnOfTheLoop } from "./support.ts";
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
export const conditions = ["GitHub up", "5xx", "hang", "own quota spent", "anonymous bucket spent"] as const;
export type Condition = (typeof conditions)[number];

export interface VirtualGitHub {
  readonly fetch: typeof fetch;
  /** Null: all is well. */
  event: LeaverEvent | null;
  condition: Condition;
  /** How often it answered 200, and how often 304. */
  readonly counts: { ok: number; notModified: number };
}

const organization = { id: 10, login: "acme" };
const team = { id: 55, slug: "platform", parent: null, organization };

export function virtualGitHub(time: VirtualTime): VirtualGitHub {
  const github: VirtualGitHub = {
    fetch: answer,
    event: null,
    condition: "GitHub up",
    counts: { ok: 0, notModified: 0 },
  };

  async function answer(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const { event, condition } = github;
    if (condition === "5xx") return new Response("<html>Unicorn!</html>", { status: 502 });
    if (condition === "hang") return hang(init?.signal ?? null);
    if (event === "token revoked") {
      return condition === "anonymous bucket spent" ? limited(60) : refusal(401, "Bad credentials");
    }
    if (condition === "own quota spent") return limited(5000);
    if (event === "suspended") return refusal(403, "Sorry. Your account was suspended");
    return answerAbout(pathname, new Headers(init?.headers).get("if-none-match"));
  }

  async function hang(signal: AbortSignal | null): Promise<never> {
    if (signal === null) throw new Error("a call without a deadline");
    await turnOfTheLoop();
    time.passUntil(signal);
    throw signal.reason;
  }

  function answerAbout(pathname: string, ifNoneMatch: string | null): Response {
    const { event } = github;
    const isOut = event === "removed from the organisation";
    switch (pathname) {
      case "/user":
        return found({ id: 1001, login: "mona", type: "User" }, ifNoneMatch);
      case "/user/teams": {
        const isInTeam = !isOut && event !== "removed from the team" && event !== "back to pending";
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
            user: { id: 1001 },
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
