// The people of an organisation: its members, and those who are invited to it.
import { Hono } from "hono";
import { organizationInvitation, simpleUser } from "../bodies.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import type { Grant } from "../grants.ts";
import {
  accessTo,
  hasSufficientScope,
  organisationResource,
  refusalFor,
  refusalForInstallation,
} from "../organisation-access.ts";
import { isActiveMember, isFullMember, type StandInOrganisation } from "../organisations.ts";
import { notFound, pageOf, refuse, requiresAuthentication } from "../responses.ts";

export const memberRoutes = new Hono<StandInEnv>();

const roles = ["all", "admin", "member"];

memberRoutes.get("/orgs/:org/members", (c) => {
  const seen = seenBy(c);
  if (seen instanceof Response) return seen;
  const { grant, organisation } = seen;
  const role = c.req.query("role") ?? "all";
  if (!roles.includes(role)) return refuse(c, 422, "Validation Failed");
  const { url } = c.get("github");
  // Only members see concealed members, and here no membership is public.
  const seesAll =
    grant.kind === "installation" || (hasSufficientScope(grant) && isActiveMember(organisation, grant.account));
  const members = seesAll
    ? [...organisation.members].filter(
        ([, membership]) => isFullMember(membership) && (role === "all" || membership.role === role),
      )
    : [];
  const { items, headers } = pageOf(c, members);
  return organisationResource(
    c,
    grant,
    items.map(([account]) => simpleUser(account, url)),
    headers,
  );
});

/** "In order to see invitations in an organization, the authenticated user must be an organization owner." */
memberRoutes.get("/orgs/:org/invitations", (c) => {
  const seen = seenBy(c);
  if (seen instanceof Response) return seen;
  const { grant, organisation } = seen;
  const isOwner =
    isActiveMember(organisation, grant.account) && organisation.members.get(grant.account)?.role === "admin";
  const { url, listsInvitations } = c.get("github");
  if (!listsInvitations || (grant.kind !== "installation" && !isOwner)) return notFound(c);
  const invited = [...organisation.members].flatMap(([account, { state }]) => (state === "pending" ? [account] : []));
  const { items, headers } = pageOf(c, [...invited, ...organisation.invitedAddresses]);
  const body = items.map((invitee) => organizationInvitation(organisation, invitee, url));
  return organisationResource(c, grant, body, headers);
});

/** @returns the organisation in the path, or the refusal of a caller who may see nothing of it */
function seenBy(c: StandInContext): { grant: Grant; organisation: StandInOrganisation } | Response {
  const { grant } = c.get("caller");
  if (grant === null) return requiresAuthentication(c);
  const organisation = c.get("github").organisations.byLogin(c.req.param("org") ?? "");
  if (organisation === null) return notFound(c);
  const refused =
    grant.kind === "installation"
      ? refusalForInstallation(c, grant, organisation)
      : refusalFor(c, grant, accessTo(c, grant, organisation), organisation);
  return refused ?? { grant, organisation };
}
