// Requests that a GitHub App makes as itself, with a JWT: where it is installed, and for a token of an installation.
import { Hono } from "hono";
import * as v from "valibot";
import type { AppPermissions } from "../apps.ts";
import { installationBody, installationToken } from "../bodies.ts";
import { readJson, type StandInEnv } from "../context.ts";
import { ipAllowListMessage, notFound, outcome, pageOf, refuse, resource } from "../responses.ts";

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

appRoutes.get("/app/installations", (c) => {
  const { appSignIn } = c.get("caller");
  const { apps, url } = c.get("github");
  if (appSignIn.kind === "refused") return refuse(c, appSignIn.status, appSignIn.message);
  const { items, headers } = pageOf(c, apps.installationsOf(appSignIn.app));
  return resource(
    c,
    items.map((installation) => installationBody(installation, url)),
    { "cache-control": "public, max-age=60, s-maxage=60", ...headers },
  );
});

appRoutes.post("/app/installations/:id{[0-9]+}/access_tokens", async (c) => {
  const { appSignIn } = c.get("caller");
  const { apps, grants } = c.get("github");
  if (appSignIn.kind === "refused") return refuse(c, appSignIn.status, appSignIn.message);
  const installation = apps.installationsOf(appSignIn.app).find(({ id }) => String(id) === c.req.param("id"));
  if (installation === undefined) return notFound(c);
  if (installation.suspendedAt !== null) return refuse(c, 403, "This installation has been suspended");
  const { organisation } = installation;
  if (organisation.restrictions.ipAllowList === true) return refuse(c, 403, ipAllowListMessage(organisation.login));

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

function includes({ members }: AppPermissions, wanted: "read" | "write"): boolean {
  return members === "write" || members === wanted;
}
