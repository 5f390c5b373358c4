// Through whose eyes an organisation is read: those of the installed App, or of an owner. Both see all members, all
// teams and the invitations. A plain member's token does not: a list of what it shows would be short, and not say so.
import type { OrganisationReference } from "../../../worker/config/organisations.ts";
import type { ServiceSettings } from "../../../worker/config/service.ts";
import { type GitHubCalls, isOk } from "../../../worker/github/calls.ts";
import { accountById, ownMembership, user } from "../../../worker/github/endpoints.ts";
import { createAppCredentials } from "../../../worker/github/memberships/app-credentials.ts";
import { relationOf } from "../../../worker/github/memberships/source.ts";
import { expandScopes, parseScopes } from "../../../worker/github/scopes.ts";
import { type Context, cliError } from "../../command.ts";
import { lookupError } from "./words.ts";

/** The credential, as a report names it. */
export type SourceName =
  | { readonly kind: "app"; readonly appId: string }
  | { readonly kind: "owner"; readonly login: string; readonly id: number };

export interface OpenedOrganisation {
  readonly id: number;
  /** As GitHub writes it. */
  readonly login: string;
  /** The whole value of the header: a new one where the one before has ended. */
  readonly authorization: () => Promise<string>;
}

export interface Source {
  readonly name: SourceName;
  /** For what GitHub shows to each caller, and counts. */
  readonly authorization: () => Promise<string | null>;
  /** @throws CliError where the credential does not see all of the organisation, or the pinned one is not found */
  open(reference: OrganisationReference): Promise<OpenedOrganisation>;
}

export type GitHubApp = NonNullable<ServiceSettings["githubApp"]>;

const subjectOf = ({ login, id }: OrganisationReference) => (id === null ? login : `${login}#${id}`);

export function openApp(app: GitHubApp, calls: GitHubCalls, now: Context["now"]): Source {
  const credentials = createAppCredentials(app, now);
  let opened: OpenedOrganisation | null = null;

  async function install(reference: OrganisationReference) {
    const installation = await credentials.installationIn(reference, calls, null);
    if (installation.kind === "ok") return installation;
    if (installation.reason !== "github_app_unavailable") throw lookupError(subjectOf(reference), installation);
    throw cliError(
      subjectOf(reference),
      `GitHub gives the App ${app.id} no token that shows members there: there is no report`,
      "is it installed there with Members: read, and not suspended? Are the name, the number and the key the right ones? octogate check --ask-github says more",
    );
  }

  return {
    name: { kind: "app", appId: app.id },
    authorization: async () => (opened === null ? null : opened.authorization()),
    async open(reference) {
      const { organisation } = await install(reference);
      opened = {
        ...organisation,
        authorization: async () => `Bearer ${(await install(reference)).token.value}`,
      };
      return opened;
    },
  };
}

/** @throws CliError where the token is no person's */
export async function openOwner(token: string, calls: GitHubCalls): Promise<Source> {
  const authorization = `Bearer ${token}`;
  const found = await calls.call(user, undefined, { authorization });
  if (!isOk(found)) throw lookupError("the token", found);
  const { login, id } = found.body;
  const scopes = parseScopes(found.headers.get("x-oauth-scopes"));
  // An App's token of a person has permissions in place of scopes, and an empty header.
  const isOfApp = (found.headers.get("x-oauth-client-id") ?? "").startsWith("Iv");
  const lacksScope = scopes !== null && !isOfApp && !expandScopes(scopes).has("read:org");

  const membershipIn = (organisation: string) => calls.call(ownMembership, { organisation }, { authorization });

  async function find(reference: OrganisationReference) {
    const byName = await membershipIn(reference.login);
    const isIt = isOk(byName) && (reference.id === null || byName.body.organization.id === reference.id);
    if (isIt || reference.id === null || (!isOk(byName) && byName.kind !== "absent")) return byName;
    const account = await calls.call(accountById, { id: reference.id }, { authorization });
    if (!isOk(account)) return account;
    const current = account.body.login;
    if (current.toLowerCase() === reference.login) return byName;
    return membershipIn(current);
  }

  return {
    name: { kind: "owner", login, id },
    authorization: async () => authorization,
    async open(reference) {
      if (lacksScope) {
        throw cliError(
          "the token",
          "lacks the scope read:org, so GitHub would leave out members who conceal their membership: there is no report",
          "use an owner's classic token with read:org, or a fine-grained one of the organisation's with Members: read",
        );
      }
      const membership = await find(reference);
      const subject = subjectOf(reference);
      const hint = `use a token of one of its owners, or the installed App; ${login} is the token's account`;
      if (!isOk(membership)) throw lookupError(subject, membership, hint);
      const { organization } = membership.body;
      if (reference.id !== null && organization.id !== reference.id) {
        throw cliError(
          subject,
          `the name belongs to #${organization.id} now, and GitHub does not show #${reference.id}: there is no report`,
          hint,
        );
      }
      const relation = relationOf(membership.body);
      if (relation !== "admin") {
        throw cliError(
          subject,
          `${login} is no owner there (${relation}): GitHub hides secret teams and invitations from the token, so there is no report`,
          hint,
        );
      }
      return { ...organization, authorization: async () => authorization };
    },
  };
}
