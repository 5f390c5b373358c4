// GET /user: who holds this token.
import { errorAnswer } from "../answer.ts";
import type { Call } from "../call.ts";
import type { Grant } from "../directory.ts";
import { notAccessible } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { StandInTokenKind } from "../token.ts";
import { privateUser, publicUser, updatedAt } from "../user-body.ts";

export const userRoutes: readonly Route[] = [{ method: "GET", pattern: /^\/user$/, answer: authenticatedUser }];

function authenticatedUser(call: Call): RouteResult {
  const { grant } = call;
  if (grant === null) {
    call.bucket.spend();
    const headers = call.bucket.headers();
    const documentationPath = "/users/users#get-the-authenticated-user";
    return {
      kind: "refusal",
      answer: errorAnswer(call, 401, "Requires authentication", { headers, documentationPath }),
    };
  }
  // An installation is nobody: there is no user to show.
  if (grant.kind === "installation") return notAccessible(call);
  const user = seesPrivateProfile(grant)
    ? privateUser(grant.account, call.apiUrl)
    : publicUser(grant.account, call.apiUrl);
  return {
    kind: "resource",
    body: JSON.stringify(user),
    headers: {
      "cache-control": "private, max-age=60, s-maxage=60",
      "last-modified": new Date(updatedAt).toUTCString(),
      ...needs(grant.kind),
    },
  };
}

function seesPrivateProfile({ kind, scopes }: Grant): boolean {
  return kind !== "fine_grained" && kind !== "app" && (scopes.includes("user") || scopes.includes("read:user"));
}

/** What this endpoint demands, in the terms by which tokens of this kind are judged: nothing. */
function needs(kind: StandInTokenKind): Record<string, string> {
  return {
    ...(kind === "fine_grained" ? {} : { "x-accepted-oauth-scopes": "" }),
    ...(kind === "fine_grained" || kind === "app"
      ? { "x-accepted-github-permissions": "allows_permissionless_access=true" }
      : {}),
  };
}
