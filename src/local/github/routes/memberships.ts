// Memberships in organisations: a person's own, as far as the token may see them, and any person's for an installation.
import { Hono } from "hono";
import { orgMembership } from "../bodies.ts";
import type { StandInEnv } from "../context.ts";
import {
  accessTo,
  organisationResource,
  personalGrant,
  personalList,
  refusalFor,
  refusalForInstallation,
} from "../organisation-access.ts";
import { isActiveMember } from "../organisations.ts";
import { notAccessible, notFound, requiresAuthentication } from "../responses.ts";

export const membershipRoutes = new Hono<StandInEnv>();

membershipRoutes.get("/user/memberships/orgs", (c) => {
  const { url, fineGrainedListsMemberships } = c.get("github");
  const state = c.req.query("state");
  return personalList(c, ({ kind, account }) =>
    kind === "fine_grained" && !fineGrainedListsMemberships
      ? notAccessible(c)
      : {
          counts: ({ members }) => state === undefined || members.get(account)?.state === state,
          itemsIn: (organisation) => [organisation],
          bodyOf: (organisation) => orgMembership(organisation, account, url),
        },
  );
});

membershipRoutes.get("/user/memberships/orgs/:org", (c) => {
  const grant = personalGrant(c);
  if (grant instanceof Response) return grant;
  const { organisations, url } = c.get("github");
  const organisation = organisations.byLogin(c.req.param("org"));
  if (organisation === null) return notFound(c);

  const access = accessTo(c, grant, organisation);
  // A token that was never made for the organisation is refused, a member's or not. Of the organisation's demands only
  // members and invited people hear.
  const isIn = organisation.members.has(grant.account);
  if (!isIn && access.kind !== "not_accessible" && access.kind !== "blocked") return notFound(c);
  const refused = refusalFor(c, grant, access, organisation);
  if (refused !== null) return refused;
  return organisationResource(c, grant, orgMembership(organisation, grant.account, url));
});

/** Members and installations see every membership. */
membershipRoutes.get("/orgs/:org/memberships/:username", (c) => {
  const { grant } = c.get("caller");
  const { accounts, organisations, url } = c.get("github");
  if (grant === null) return requiresAuthentication(c);
  const organisation = organisations.byLogin(c.req.param("org"));
  if (organisation === null) return notFound(c);
  const refused =
    grant.kind === "installation"
      ? refusalForInstallation(c, grant, organisation)
      : refusalFor(c, grant, accessTo(c, grant, organisation), organisation);
  if (refused !== null) return refused;
  const seesMembers = grant.kind === "installation" || isActiveMember(organisation, grant.account);
  const account = accounts.byLogin(c.req.param("username"));
  if (!seesMembers || account === null || !organisation.members.has(account)) return notFound(c);
  return organisationResource(c, grant, orgMembership(organisation, account, url));
});
