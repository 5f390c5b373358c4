// /applications/{client_id}/token and /grant: an app asks whether a token is its own and whose it is, and ends its own.
import { Hono } from "hono";
import * as v from "valibot";
import { authorizationBody } from "../app-bodies.ts";
import type { RegisteredApp } from "../apps.ts";
import { readJson, type StandInContext, type StandInEnv } from "../context.ts";
import type { Grant } from "../grants.ts";
import { noContent, notFound, outcome, refuse, refuseCredential, requiresAuthentication } from "../responses.ts";

export const appTokenRoutes = new Hono<StandInEnv>();

/** A token of the app that asks. */
interface OwnToken {
  readonly client: RegisteredApp;
  readonly token: string;
  readonly grant: Grant;
}

const tokenPath = "/applications/:client_id/token";
const bodySchema = v.object({ access_token: v.pipe(v.string(), v.nonEmpty()) });

appTokenRoutes.post(tokenPath, (c) =>
  withOwnToken(c, ({ client, token, grant }) => {
    return outcome(c, 200, authorizationBody(client, token, grant, c.get("github").url));
  }),
);

appTokenRoutes.delete(tokenPath, (c) =>
  withOwnToken(c, ({ token }) => {
    c.get("github").authorisations.revokeToken(token);
    return noContent(c);
  }),
);

appTokenRoutes.delete("/applications/:client_id/grant", (c) =>
  withOwnToken(c, ({ client, grant }) => {
    c.get("github").authorisations.revoke(client, grant.account);
    return noContent(c);
  }),
);

/** @returns the answer to a token of the app that asks, or the refusal of any other request */
async function withOwnToken(c: StandInContext, answer: (own: OwnToken) => Response): Promise<Response> {
  const { isUnknown, client } = c.get("caller");
  if (isUnknown) return refuseCredential(c);
  if (client === null) return requiresAuthentication(c);
  if (client.clientId !== c.req.param("client_id")) return notFound(c);
  const parsed = v.safeParse(bodySchema, await readJson(c));
  if (!parsed.success) return refuse(c, 422, "Validation Failed");

  const token = parsed.output.access_token;
  const grant = c.get("github").grants.of(token);
  // Personal access tokens, other apps' tokens and made-up ones are all the same here: not this app's.
  if (grant === null || grant.oauthClientId !== client.clientId) return notFound(c);
  return answer({ client, token, grant });
}
