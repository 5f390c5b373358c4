// POST /applications/{client_id}/token: an app asks whether a token is one of its own, and whose it is.
import { Hono } from "hono";
import * as v from "valibot";
import { authorizationBody } from "../app-bodies.ts";
import { readJson, type StandInEnv } from "../context.ts";
import { notFound, outcome, refuse, refuseCredential, requiresAuthentication } from "../responses.ts";

export const checkTokenRoutes = new Hono<StandInEnv>();

const bodySchema = v.object({ access_token: v.pipe(v.string(), v.nonEmpty()) });

checkTokenRoutes.post("/applications/:client_id/token", async (c) => {
  const { isUnknown, client } = c.get("caller");
  const { grants, url } = c.get("github");
  if (isUnknown) return refuseCredential(c);
  if (client === null) return requiresAuthentication(c);
  if (client.clientId !== c.req.param("client_id")) return notFound(c);
  const parsed = v.safeParse(bodySchema, await readJson(c));
  if (!parsed.success) return refuse(c, 422, "Validation Failed");

  const token = parsed.output.access_token;
  const grant = grants.of(token);
  // Personal access tokens, other apps' tokens and made-up ones are all the same here: not this app's.
  if (grant === null || grant.oauthClientId !== client.clientId) return notFound(c);
  return outcome(c, 200, authorizationBody(client, token, grant, url));
});
