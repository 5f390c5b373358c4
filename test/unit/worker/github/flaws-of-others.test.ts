// Flaws of other authenticators on GitHub's side, which Octogate does not have: from a token to a cluster's answer,
// with the stand-in.
import { describe, expect, onTestFinished, test } from "vitest";
import { type GitHubStandIn, startGitHubStandIn } from "../../../../src/local/github/server.ts";
import { makeToken, type StandInTokenKind } from "../../../../src/local/github/token.ts";
import { authenticate, type Decision } from "../../../../src/worker/authenticate.ts";
import { factsWithoutCache } from "../../../support/facts-without-cache.ts";
import { policyOf } from "../support.ts";

/** A stand-in with the organisation Acme and its member mona, and a cluster that asks about her. */
async function acmeWithMona() {
  const github = await startGitHubStandIn();
  onTestFinished(() => github.close());
  const acme = github.addOrganisation({ login: "Acme", id: 1234 });
  const mona = github.addAccount({ login: "mona", id: 4711 });
  github.addMember(acme, mona);

  const issue = (kind: StandInTokenKind = "classic", scopes: readonly string[] = ["read:org"]) =>
    github.issueToken(mona, { kind, scopes, ...(kind === "fine_grained" ? { resourceOwner: acme } : {}) });
  return { github, acme, mona, issue };
}

/** Without a cache: every sign-in asks GitHub. */
async function signIn(github: GitHubStandIn, token: string, policy: Record<string, unknown>): Promise<Decision> {
  return authenticate(
    token,
    "production",
    { ok: true, value: policyOf(policy) },
    {
      ok: true,
      value: {
        factsCache: factsWithoutCache(github.url),
        tokenShape: "exact",
        workflows: null,
        isRepeatedDenial: () => false,
      },
    },
  );
}

const groupsIn = ({ verdict }: Decision) => (verdict.kind === "authenticated" ? verdict.user.groups : verdict.reason);
const byOrganisation = { allow: ["org:acme#1234"] };

describe("where other authenticators went wrong", () => {
  test("a token without read:org does not pass an organisation gate", async () => {
    const { github, issue } = await acmeWithMona();
    for (const scopes of [[], ["gist"], ["read:user"]]) {
      const { verdict } = await signIn(github, issue("classic", scopes), byOrganisation);
      expect(verdict).toMatchObject({ kind: "denied", reason: "scope_missing" });
    }
    // The gate the other way round: a hidden membership does not count as none.
    const gate = { allow: ["anyone"], deny: ["org:acme#1234"] };
    expect((await signIn(github, issue("classic", []), gate)).verdict.kind).toBe("denied");
    expect((await signIn(github, issue("classic", ["read:org"]), gate)).verdict.kind).toBe("unauthenticated");
  });

  test("paging loses no team, neither the 31st nor the 101st", async () => {
    const { github, acme, mona, issue } = await acmeWithMona();
    const slugs = Array.from({ length: 250 }, (_, index) => `team-${index + 1}`);
    for (const name of slugs) github.addToTeam(github.addTeam(acme, { name }), mona);
    const groups = groupsIn(await signIn(github, issue(), byOrganisation));
    expect(groups).toHaveLength(251);
    expect(groups).toEqual(["github:Acme", ...slugs.map((slug) => `github:Acme/${slug}`)].sort());
    for (const last of [31, 101, 250]) {
      const policy = { allow: [`team:acme/team-${last}`] };
      expect((await signIn(github, issue(), policy)).verdict.reason).toBe("admitted");
    }
  });

  test("every parent team is there", async () => {
    const { github, acme, mona, issue } = await acmeWithMona();
    const all = github.addTeam(acme, { name: "all", id: 1 });
    const engineering = github.addTeam(acme, { name: "engineering", id: 2, parent: all });
    const platform = github.addTeam(acme, { name: "platform", id: 3, parent: engineering });
    github.addTeam(acme, { name: "night-shift", id: 4, parent: platform });
    github.addToTeam(platform, mona);
    for (const kind of ["classic", "fine_grained"] as const) {
      for (const allow of [byOrganisation.allow, ["team:acme/all#1"], ["team:acme/engineering"]]) {
        expect(groupsIn(await signIn(github, issue(kind), { allow }))).toEqual([
          "github:Acme",
          "github:Acme/all",
          "github:Acme/engineering",
          "github:Acme/platform",
        ]);
      }
    }
    expect(groupsIn(await signIn(github, issue(), { allow: ["team:acme/night-shift#4"] }))).toBe("not_in_team");
    github.removeFromTeam(platform, mona);
    expect(groupsIn(await signIn(github, issue(), { allow: ["team:acme/all#1"] }))).toBe("not_in_team");
  });

  test("a redirect of the members endpoint is not a membership", async () => {
    const { github, issue } = await acmeWithMona();
    for (const status of [301, 302, 307, 308] as const) {
      // It leads to a page that would prove public membership, on the very same host.
      const location = `${github.url}/orgs/acme/public_members/mona`;
      github.setFault("everyone", { kind: "redirect", status, location }, { path: /\/orgs\// });
      const { verdict } = await signIn(github, issue(), byOrganisation);
      expect(verdict).toMatchObject({ kind: "undetermined", reason: "github_redirect" });
    }
    expect(github.requests.filter(({ path }) => path.includes("public_members"))).toEqual([]);
  });

  test("partial results do not count as all of them", async () => {
    const { github, acme, mona, issue } = await acmeWithMona();
    github.addToTeam(github.addTeam(acme, { name: "banned" }), mona);
    const token = issue();
    github.restrictOrganisation(acme, { sso: {} });
    const gate = { allow: ["user:mona#4711"], deny: ["team:acme/banned"] };
    expect((await signIn(github, token, byOrganisation)).verdict.reason).toBe("sso_required");
    expect((await signIn(github, token, gate)).verdict.reason).toBe("sso_required");

    // Also where only the list of teams is behind single sign-on.
    const membership = JSON.stringify({ state: "active", role: "member", organization: { id: 1234, login: "Acme" } });
    const body = { kind: "body", status: 200, body: membership } as const;
    github.setFault("everyone", body, { path: /memberships\/orgs\/acme/ });
    expect((await signIn(github, token, byOrganisation)).verdict.reason).toBe("sso_required");
    expect((await signIn(github, token, gate)).verdict.reason).toBe("sso_required");

    github.setFault("everyone", null);
    github.authoriseSso(acme, token);
    expect(groupsIn(await signIn(github, token, byOrganisation))).toEqual(["github:Acme", "github:Acme/banned"]);
    expect((await signIn(github, token, gate)).verdict.reason).toBe("membership_denied");
  });

  test("an empty login lets no one in", async () => {
    const { github, issue } = await acmeWithMona();
    for (const login of ["", " ", null, undefined]) {
      for (const username of ["login", "id", "login:id"]) {
        const body = JSON.stringify({ id: 4711, login, type: "User" });
        github.setFault("everyone", { kind: "body", status: 200, body }, { path: /^\/user$/ });
        const { verdict } = await signIn(github, issue(), { allow: ["anyone"], username });
        expect(verdict).toMatchObject({ kind: "undetermined", reason: "github_invalid_response" });
      }
    }
  });

  test("a bot does not sign in, neither by its installation's token nor as a person", async () => {
    const { github } = await acmeWithMona();
    const bot = github.addAccount({ login: "octogate[bot]", type: "Bot" });
    const decision = await signIn(github, github.issueToken(bot, { kind: "installation" }), { allow: ["anyone"] });
    expect(decision.verdict).toEqual({ kind: "unauthenticated", reason: "not_github_token" });
    expect(github.requests).toEqual([]);
    const asPerson = github.issueToken(bot, { kind: "classic", token: makeToken("classic") });
    expect((await signIn(github, asPerson, { allow: ["anyone"] })).verdict.reason).not.toBe("admitted");
  });

  test("an invited person is not yet a member", async () => {
    const { github, acme, mona, issue } = await acmeWithMona();
    github.addMember(acme, mona, { state: "pending", role: "admin" });
    expect((await signIn(github, issue(), byOrganisation)).verdict).toMatchObject({
      kind: "denied",
      reason: "invitation_pending",
    });
    expect(groupsIn(await signIn(github, issue(), { allow: ["anyone"], groups_from: ["acme"] }))).toEqual([]);
  });

  test("a team of another organisation is no group, and lets no one in", async () => {
    const { github, mona, issue } = await acmeWithMona();
    const evil = github.addOrganisation({ login: "evil", id: 666 });
    github.addMember(evil, mona);
    const admins = github.addTeam(evil, { name: "system:masters", slug: "platform", id: 55 });
    github.addToTeam(admins, mona);
    expect(groupsIn(await signIn(github, issue(), byOrganisation))).toEqual(["github:Acme"]);
    expect(groupsIn(await signIn(github, issue(), { allow: ["team:acme/platform"] }))).toBe("not_in_team");
  });
});
