// GET /user: the owner of the token.
import { Hono } from "hono";
import { privateUser, publicUser, updatedAt } from "../bodies.ts";
import type { StandInEnv } from "../context.ts";
import type { Grant } from "../grants.ts";
import { errorResponse, notAccessible, resource, spent } from "../responses.ts";
import type { StandInTokenKind } from "../token.ts";

export const userRoutes = new Hono<StandInEnv>();

userRoutes.get("/user", (c) => {
  const { grant } = c.get("caller");
  if (grant === null) {
    const documentationPath = "/users/users#get-the-authenticated-user";
    return errorResponse(c, 401, "Requires authentication", { headers: spent(c), documentationPath });
  }
  // An installation is no user, so there is none to show.
  if (grant.kind === "installation") return notAccessible(c);
  const user = seesPrivateProfile(grant) ? privateUser : publicUser;
  return resource(c, user(grant.account, c.get("github").url), {
    "cache-control": "private, max-age=60, s-maxage=60",
    "last-modified": new Date(updatedAt).toUTCString(),
    ...demands(grant.kind),
  });
});

function seesPrivateProfile({ kind, scopes }: Grant): boolean {
  return kind !== "fine_grained" && kind !== "app" && (scopes.includes("user") || scopes.includes("read:user"));
}

/** What this endpoint demands of a token, in scopes or permissions, as its kind has them: nothing. */
function demands(kind: StandInTokenKind): Record<string, string> {
  return {
    ...(kind === "fine_grained" ? {} : { "x-accepted-oauth-scopes": "" }),
    ...(kind === "fine_grained" || kind === "app"
      ? { "x-accepted-github-permissions": "allows_permissionless_access=true" }
      : {}),
  };
}
