// GET /users/{username} and GET /orgs/{org}: what everyone may know of an account by its name, also without a token.
import { Hono } from "hono";
import { organizationFull, publicUser } from "../bodies.ts";
import type { StandInEnv } from "../context.ts";
import { notFound, resource } from "../responses.ts";

export const publicProfileRoutes = new Hono<StandInEnv>();

const cacheable = { "cache-control": "public, max-age=60, s-maxage=60" };

/** Organisations are accounts, too, and people and organisations share their names. */
publicProfileRoutes.get("/users/:username", (c) => {
  const { accounts, organisations, url } = c.get("github");
  const username = c.req.param("username");
  const person = accounts.byLogin(username);
  if (person !== null) return resource(c, publicUser(person, url), cacheable);
  const organisation = organisations.byLogin(username);
  if (organisation === null) return notFound(c);
  const { id, login } = organisation;
  return resource(c, publicUser({ id, login, type: "Organization" }, url), cacheable);
});

publicProfileRoutes.get("/orgs/:org", (c) => {
  const { organisations, url } = c.get("github");
  const organisation = organisations.byLogin(c.req.param("org"));
  return organisation === null ? notFound(c) : resource(c, organizationFull(organisation, url), cacheable);
});
