// Requests that a GitHub App makes as itself, with a JWT: where it is installed, and for a token of an installation.
import { Hono } from "hono";
import * as v from "valibot";
import { installationBody, installationToken } from "../app-bodies.ts";
import type { AppPermissions, AppSignIn } from "../apps.ts";
import { readJson, type StandInContext, type StandInEnv } from "../context.ts";
import { notFound, outcome, pageOf, refuse, refuseCredential, resource } from "../responses.ts";
import { ipAllowList } from "../sentences.ts";

export const appRoutes = new Hono<StandInEnv>();

const accessTokenSchema = v.object({
  permissions: v.optional(
    v.object({
      members: v.optional(v.picklist(["read", "write"])),
      // Every app has it anyway.
      metadata: v.optional(v.literal("read")),
    }),
  ),
});

const cacheable = { "cache-control": "public, max-age=60, s-maxage=60" };

appRoutes.get("/app/installations", (c) => {
  const { appSignIn } = c.get("caller");
  const { apps, url } = c.get("github");
  if (appSignIn.kind === "refused") return refusedApp(c, appSignIn);
  const { items, headers } = pageOf(c, apps.installationsOf(appSignIn.app));
  return resource(
    c,
    items.map((installation) => installationBody(installation, url)),
    { ...cacheable, ...headers },
  );
});

appRoutes.get("/orgs/:org/installation", (c) => {
  const { appSignIn } = c.get("caller");
  const { apps, organisations, url } = c.get("github");
  if (appSignIn.kind === "refused") return refusedApp(c, appSignIn);
  const organisation = organisations.byLogin(c.req.param("org"));
  const installation = apps.installationsOf(appSignIn.app).find(({ account }) => account === organisation);
  if (organisation === null || installation === undefined) return notFound(c);
  return resource(c, installationBody(installation, url), cacheable);
});

appRoutes.post("/app/installations/:id{[0-9]+}/access_tokens", async (c) => {
  const { appSignIn } = c.get("caller");
  const { apps, grants } = c.get("github");
  if (appSignIn.kind === "refused") return refusedApp(c, appSignIn);
  const installation = apps.installationsOf(appSignIn.app).find(({ id }) => String(id) === c.req.param("id"));
  if (installation === undefined) return notFound(c);
  if (installation.suspendedAt !== null) return refuse(c, 403, "This installation has been suspended");
  const { account } = installation;
  if (account !== null && "restrictions" in account && account.restrictions.ipAllowList === true) {
    return refuse(c, 403, ipAllowList(account.login));
  }

  const json = await readJson(c, {});
  if (json === undefined) return refuse(c, 400, "Problems parsing JSON");
  const parsed = v.safeParse(accessTokenSchema, json);
  if (!parsed.success) return refuse(c, 422, "Invalid request.");
  const wanted = parsed.output.permissions;
  if (wanted?.members !== undefined && !includes(installation.permissions, wanted.members)) {
    return refuse(c, 422, "The permissions requested are not granted to this installation.");
  }
  const permissions: AppPermissions =
    wanted === undefined ? installation.permissions : wanted.members === undefined ? {} : { members: wanted.members };
  const { token, endsAt } = grants.issueInstallationToken(installation, permissions);
  return outcome(c, 201, installationToken(token, endsAt, permissions));
});

/** Without a credential GitHub says the same, but counts the request. */
function refusedApp(c: StandInContext, { status, message }: Extract<AppSignIn, { kind: "refused" }>): Response {
  return c.get("caller").isAnonymous ? refuse(c, status, message) : refuseCredential(c, status, message);
}

function includes({ members }: AppPermissions, wanted: "read" | "write"): boolean {
  return members === "write" || members === wanted;
}
