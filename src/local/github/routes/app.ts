// What a GitHub App asks as itself, with a JWT: where it is installed, and for a token of one installation.
import * as v from "valibot";
import { installationBody, installationToken } from "../app-body.ts";
import type { Call } from "../call.ts";
import type { AppPermissions } from "../entities.ts";
import { parseJson } from "../json.ts";
import { ipAllowListMessage } from "../other-answer.ts";
import { pageOf } from "../paging.ts";
import { notFound, refuse } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";

export const appRoutes: readonly Route[] = [
  { method: "GET", pattern: /^\/app\/installations$/, answer: installations, isForApps: true },
  { method: "POST", pattern: /^\/app\/installations\/(\d+)\/access_tokens$/, answer: accessToken, isForApps: true },
];

const accessTokenSchema = v.object({
  permissions: v.optional(
    v.object({
      members: v.optional(v.picklist(["read", "write"])),
      // Every app has it anyway.
      metadata: v.optional(v.literal("read")),
    }),
  ),
});

function installations(call: Call, { apps }: State): RouteResult {
  const { appSignIn } = call;
  if (appSignIn.kind === "fault") return refuse(call, appSignIn.status, appSignIn.message);
  const page = pageOf(call, apps.installationsOf(appSignIn.app));
  return {
    kind: "resource",
    body: JSON.stringify(page.items.map((installation) => installationBody(installation, call.apiUrl))),
    headers: { "cache-control": "public, max-age=60, s-maxage=60", ...page.headers },
  };
}

function accessToken(call: Call, { apps, directory }: State, [id]: readonly string[]): RouteResult {
  const { appSignIn } = call;
  if (appSignIn.kind === "fault") return refuse(call, appSignIn.status, appSignIn.message);
  const installation = apps.installationsOf(appSignIn.app).find((candidate) => String(candidate.id) === id);
  if (installation === undefined) return notFound(call);
  if (installation.suspendedAt !== null) return refuse(call, 403, "This installation has been suspended");
  const { organisation } = installation;
  if (organisation.restrictions.ipAllowList === true) return refuse(call, 403, ipAllowListMessage(organisation.login));

  const json = parseJson(call.body === "" ? "{}" : call.body);
  if (json === undefined) return refuse(call, 400, "Problems parsing JSON");
  const parsed = v.safeParse(accessTokenSchema, json);
  if (!parsed.success) return refuse(call, 422, "Invalid request.");
  const wanted = parsed.output.permissions;
  if (wanted?.members !== undefined && !includes(installation.permissions, wanted.members)) {
    return refuse(call, 422, "The permissions requested are not granted to this installation.");
  }
  const permissions: AppPermissions =
    wanted === undefined ? installation.permissions : wanted.members === undefined ? {} : { members: wanted.members };
  const { token, endsAt } = directory.issueInstallationToken(installation, permissions);
  return { kind: "outcome", status: 201, body: JSON.stringify(installationToken(token, endsAt, permissions)) };
}

function includes({ members }: AppPermissions, wanted: "read" | "write"): boolean {
  return members === "write" || members === wanted;
}
