// POST /applications/{client_id}/token: an app asks whether a token is one of its own, and whose it is.
import * as v from "valibot";
import { authorizationBody } from "../app-body.ts";
import type { Call } from "../call.ts";
import { parseJson } from "../json.ts";
import { notFound, refuse, requiresAuthentication } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";

export const checkTokenRoutes: readonly Route[] = [
  { method: "POST", pattern: /^\/applications\/([^/]+)\/token$/, answer: checkToken, isForApps: true },
];

const bodySchema = v.object({ access_token: v.pipe(v.string(), v.nonEmpty()) });

function checkToken(call: Call, { directory }: State, [clientId = ""]: readonly string[]): RouteResult {
  const { basic, client } = call;
  if (basic === null) return requiresAuthentication(call);
  if (client === null) return refuse(call, 401, "Bad credentials");
  if (client.clientId !== clientId) return notFound(call);
  const parsed = v.safeParse(bodySchema, parseJson(call.body));
  if (!parsed.success) return refuse(call, 422, "Validation Failed");

  const token = parsed.output.access_token;
  const grant = directory.grantOf(token);
  // Personal access tokens, other apps' tokens and made-up ones are all the same here: not this app's.
  if (grant === null || grant.oauthClientId !== clientId) return notFound(call);
  return {
    kind: "outcome",
    status: 200,
    body: JSON.stringify(authorizationBody(client, token, grant, call.apiUrl)),
  };
}
