// Teams of a user as the installed app sees them by GraphQL, with all of their parents. GraphQL reports most failures
// with a 200, and it is the only call that shows the numbers behind a login and an organisation's name together.
import * as v from "valibot";
import { teamsOfUser } from "../endpoints.ts";
import type { Account, MissingReason, Team } from "../facts.ts";
import { type GraphqlErrors, type TeamsOfUserBody, teamNodeSchema } from "../schemas.ts";
import { type AppCaller, callAsInstallation } from "./app-calls.ts";
import { couldBeTooLarge, maxPages, patientTimeoutMs } from "./lists.ts";

export interface TeamsView {
  readonly teams: readonly Team[];
  /** Why there may be more teams; null where these are all. */
  readonly hidden: MissingReason | null;
  /**
   * What the numbers behind the names are. "user_hidden": GitHub does not show the login to the app, as it is with
   * managed users of other enterprises. "outdated": the organisation has another name by now. "unknown": see `hidden`.
   */
  readonly names: "proven" | "user_hidden" | "outdated" | "unknown";
}

/** GitHub gives a request ten seconds and advises to ask for fewer items then. */
const pageSizes = [100, 20, 1];

/** @param isWorthAnotherTry whether a page that GitHub could not send is worth another try */
export async function fetchTeams(
  caller: AppCaller,
  account: Account,
  isWorthAnotherTry: () => Promise<boolean>,
): Promise<TeamsView> {
  const teams = new Map<number, Team>();
  let odd: MissingReason | null = null;
  let names: TeamsView["names"] = "unknown";
  const view = (hidden: MissingReason | null): TeamsView => ({ teams: [...teams.values()], hidden, names });

  let [first = 0, ...smallerSizes] = pageSizes;
  let isSecondTry = false;
  let after: string | null = null;
  for (let page = 1; page <= maxPages; page += 1) {
    const read: Page = await fetchPage(caller, account, { first, after }, isSecondTry);
    if (read.kind === "outdated") return { ...view("github_app_unavailable"), names: "outdated" };
    if (read.kind !== "page") {
      const [smaller, ...others] = smallerSizes;
      const isLast = !couldBeTooLarge(read) || caller.calls.isOver() || !(await isWorthAnotherTry());
      if (smaller === undefined || isLast) return view(read.reason);
      isSecondTry = true;
      first = smaller;
      smallerSizes = others;
      continue;
    }
    names = read.isUserHidden ? "user_hidden" : "proven";
    for (const node of read.nodes) {
      const parsed = v.safeParse(teamNodeSchema, node);
      if (!parsed.success) {
        odd = "github_invalid_response";
        continue;
      }
      const { ancestors, ...team } = parsed.output;
      if (ancestors.pageInfo.hasNextPage) odd = "too_many_teams";
      for (const { databaseId, slug } of [team, ...ancestors.nodes]) teams.set(databaseId, { id: databaseId, slug });
    }
    if (!read.pageInfo.hasNextPage) return view(odd);
    if (read.pageInfo.endCursor === null) return view("github_invalid_response");
    after = read.pageInfo.endCursor;
  }
  return view("too_many_teams");
}

type Page =
  | { readonly kind: "outdated" }
  | { readonly kind: "unavailable" | "limited"; readonly reason: MissingReason }
  | {
      readonly kind: "page";
      readonly nodes: readonly unknown[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      readonly isUserHidden: boolean;
    };

async function fetchPage(
  caller: AppCaller,
  account: Account,
  page: { readonly first: number; readonly after: string | null },
  isSecondTry: boolean,
): Promise<Page> {
  const { organisation, quotas } = caller.installation;
  const variables = { org: organisation.login, login: account.login, ...page };
  const result = await callAsInstallation(caller, teamsOfUser, undefined, {
    quota: quotas.graphql,
    body: { query: teamsOfUser.query, variables },
    isRefusal: ({ errors }) => failureIn(errors) !== null,
    ...(isSecondTry ? { timeoutMs: patientTimeoutMs } : {}),
  });
  return result.kind === "ok" ? readPage(result.body, caller, account) : result;
}

function readPage({ data, errors }: TeamsOfUserBody, { installation }: AppCaller, account: Account): Page {
  const failure = failureIn(errors);
  if (failure === "outdated") return { kind: "outdated" };
  if (failure !== null) return { kind: "unavailable", reason: failure };
  const { organization = null, user = null } = data ?? {};
  const isUserHidden = user === null && errors.some(isUserNotFound);
  if (organization?.teams == null || (user === null && !isUserHidden)) {
    return { kind: "unavailable", reason: "github_invalid_response" };
  }
  if (organization.databaseId !== installation.organisation.id) return { kind: "outdated" };
  // The login belongs to another user by now.
  if (user !== null && user.databaseId !== account.id) {
    return { kind: "unavailable", reason: "github_inconsistent_responses" };
  }
  return { kind: "page", ...organization.teams, isUserHidden };
}

/** @returns what the errors say about the call as a whole; null where there are none but that the login is hidden */
function failureIn(errors: GraphqlErrors): MissingReason | "outdated" | null {
  const others = errors.filter((error) => !isUserNotFound(error));
  const [first] = others;
  if (first === undefined) return null;
  if (others.some(({ type }) => type === "RATE_LIMITED")) return "shared_quota_spent";
  if (others.some(({ type, path }) => type === "NOT_FOUND" && path[0] === "organization")) return "outdated";
  // "Something went wrong while executing your query" has no type.
  return others.some(({ type }) => type === null) ? "github_server_error" : "github_app_unavailable";
}

function isUserNotFound({ type, path }: GraphqlErrors[number]): boolean {
  return type === "NOT_FOUND" && path[0] === "user";
}
