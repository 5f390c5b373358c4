// GET /users/{username}, GET /user/{account_id} and GET /orgs/{org}: what everyone may know of an account, also without
// a token.
import { Hono } from "hono";
import type { StandInAccount } from "../accounts.ts";
import { organizationFull, publicUser } from "../bodies.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import { isVisible } from "../organisation-access.ts";
import type { StandInOrganisation } from "../organisations.ts";
import { notFound, resource } from "../responses.ts";

export const publicProfileRoutes = new Hono<StandInEnv>();

const cacheable = { "cache-control": "public, max-age=60, s-maxage=60" };

/** Organisations are accounts, too, and people and organisations share their names. */
publicProfileRoutes.get("/users/:username", (c) => {
  const { accounts, organisations } = c.get("github");
  const username = c.req.param("username");
  return profile(c, accounts.byLogin(username), organisations.byLogin(username));
});

publicProfileRoutes.get("/user/:account_id{[0-9]+}", (c) => {
  const { accounts, organisations, findsOrganisationsById } = c.get("github");
  const id = Number(c.req.param("account_id"));
  return profile(c, accounts.byId(id), findsOrganisationsById ? organisations.byId(id) : null);
});

function profile(c: StandInContext, person: StandInAccount | null, organisation: StandInOrganisation | null): Response {
  const { url } = c.get("github");
  if (person !== null) return isVisible(c, person) ? resource(c, publicUser(person, url), cacheable) : notFound(c);
  if (organisation === null) return notFound(c);
  const { id, login } = organisation;
  return resource(c, publicUser({ id, login, type: "Organization" }, url), cacheable);
}

publicProfileRoutes.get("/orgs/:org", (c) => {
  const { organisations, url } = c.get("github");
  const organisation = organisations.byLogin(c.req.param("org"));
  return organisation === null ? notFound(c) : resource(c, organizationFull(organisation, url), cacheable);
});
