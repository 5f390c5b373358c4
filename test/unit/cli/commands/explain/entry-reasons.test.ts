import { describe, expect, test } from "vitest";
import { explainEntries, explainWorkflowEntries } from "../../../../../src/cli/commands/explain/entry-reasons.ts";
import type { Facts, Membership } from "../../../../../src/worker/github/facts.ts";
import type { WorkflowFacts } from "../../../../../src/worker/workflows/facts.ts";
import {
  factsOf,
  invisibleFor,
  invitedTo,
  memberOf,
  membershipsFor,
  noMember,
  policyOf,
  takenBy,
} from "../../../worker/support.ts";

const credentialId = `GITHUBSHA256=${"A".repeat(43)}=`;
const credential = { tokenKind: "classic", credentialId } as const;

interface Settings {
  readonly allow?: string[];
  readonly deny?: string[];
}

/** What is said of a policy's entries about octocat. */
function explained({ allow = ["anyone"], deny = [] }: Settings, facts: Facts | null) {
  return explainEntries(policyOf({ allow, deny }), { allow, deny }, credential, facts);
}

/** What is said of one entry of `allow`, with this membership in the organisation acme. */
function about(entry: string, membership: Membership = noMember) {
  const facts = factsOf({ organisations: membershipsFor(policyOf({ allow: [entry] }), { acme: membership }) });
  const [{ matches, why } = { matches: undefined, why: "" }] = explained({ allow: [entry] }, facts);
  return [matches, why];
}

describe("an entry", () => {
  test.each<[string, Membership, boolean | null, string]>([
    ["anyone", noMember, true, "any account"],
    ["user:octocat#583231", noMember, true, "this account, octocat#583231"],
    ["user:old-name#583231", noMember, true, "this account, octocat#583231"],
    ["user:octocat", noMember, true, "this account, octocat#583231"],
    ["user:ada", noMember, false, "another account"],
    ["user:octocat#1", noMember, false, "has the name, but is #583231"],
    ["org:acme#1234", memberOf("acme", 1234), true, "an active member"],
    ["org:acme#1234", noMember, false, "no member of acme"],
    ["org:acme#1234", takenBy(9), false, "the name belongs to another organisation by now"],
    ["org:acme#1234", invitedTo("Acme", 1234), false, "invited to Acme, but the invitation is not accepted yet"],
    ["org:acme#1234", invisibleFor("sso_required"), null, "sso_required: The organisation demands SAML"],
    ["team:acme/platform#55", memberOf("acme", 1234, { platform: 55 }), true, "in this team"],
    ["team:acme/platform#55", memberOf("acme", 1234, { b: 2, a: 1 }), false, "but not in this team (in a, b)"],
    ["team:acme/platform#55", memberOf("acme", 1234), false, "but not in this team (in no team of it)"],
    [
      "team:acme/platform#55",
      memberOf("acme", 1234, { platform: 9 }),
      false,
      "the name belongs to another team by now",
    ],
    ["team:acme/platform#55", noMember, false, "no member of acme"],
    ["team:acme/platform#55", invisibleFor("scope_missing"), null, "scope_missing: "],
  ])("%s with %j", (entry, membership, matches, why) => {
    expect(about(entry, membership)).toEqual([matches, expect.stringContaining(why)]);
  });

  test("of an organisation that was not looked up is not decided", () => {
    const [entry] = explained({ allow: ["org:acme"] }, factsOf());
    expect(entry).toMatchObject({ matches: null, why: expect.stringContaining("not looked up") });
  });

  test("is not decided where nothing is known of the person, but a token that is denied is", () => {
    const other = `token:GITHUBSHA256=${"B".repeat(43)}`;
    const settings = { allow: ["anyone"], deny: [`token:${credentialId}`, other, "user:octocat"] };
    expect(explained(settings, null).map(({ setting, matches }) => [setting, matches])).toEqual([
      ["deny[0]", true],
      ["deny[1]", false],
      ["deny[2]", null],
      ["allow[0]", null],
    ]);
  });

  test("is shown as it stands in the file, deny first, since it wins", () => {
    const entries = explained({ allow: ["user:OctoCat", "anyone"], deny: ["org:ACME"] }, factsOf());
    expect(entries.map(({ setting, entry }) => `${setting} ${entry}`)).toEqual([
      "deny[0] org:ACME",
      "allow[0] user:OctoCat",
      "allow[1] anyone",
    ]);
  });
});

describe("an entry, for a workflow", () => {
  const run: WorkflowFacts = {
    host: "github.com",
    tokenId: "one-id",
    audience: null,
    expiresAt: 0,
    notBefore: 0,
    repository: { name: "Acme/shop", id: 9001, ownerId: 1234 },
    workflowRef: "Acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    environment: "Production",
    event: "push",
    actor: "ada",
    actorId: 101,
    runId: null,
    runAttempt: null,
    sha: null,
  };
  const file = "workflow:acme/shop/.github/workflows";

  test.each<[string, Partial<WorkflowFacts>, boolean, string]>([
    [`${file}/deploy.yml@refs/heads/main#1234/9001`, {}, true, "this repository, and all that it names"],
    [`${file}/ci.yml@refs/heads/main`, {}, false, "another file: .github/workflows/deploy.yml"],
    [`${file}/deploy.yml@refs/tags/v1`, {}, false, "another ref: refs/heads/main"],
    ["workflow:acme/web/.github/workflows/deploy.yml@refs/heads/main", {}, false, "another repository"],
    [
      `${file}/deploy.yml@refs/heads/main`,
      { workflowRef: "acme/rules/.github/workflows/deploy.yml@refs/heads/main" },
      false,
      "the run's workflow is not in the run's own repository",
    ],
    ["environment:acme/shop/production#1234/9001", {}, true, "this repository, and all that it names"],
    ["environment:acme/shop/production#1234/9", {}, false, "Acme/shop has other numbers: #1234/9001"],
    ["environment:acme/shop/staging", {}, false, "another environment: Production"],
    ["environment:acme/web/production", {}, false, "another repository"],
    ["environment:acme/shop/production", { environment: null }, false, "the job names no environment"],
    ["user:ada#101", {}, false, "for people alone"],
    ["anyone", {}, false, "for people alone"],
    ["org:acme", {}, false, "for people alone"],
  ])("%s with %j", (entry, changes, matches, why) => {
    const settings = { allow: [entry], deny: [] };
    const [explained] = explainWorkflowEntries(policyOf(settings), settings, { ...run, ...changes });
    expect(explained).toEqual({ setting: "allow[0]", entry, matches, why });
  });

  test.each<[string, Partial<WorkflowFacts>, boolean | null, string]>([
    ["repository:acme/shop#1234/9001", {}, true, "this repository, and all that it names"],
    ["repository:acme/web", {}, false, "another repository"],
    ["user:ada#101", {}, true, "started this run"],
    ["user:ada#102", {}, false, "another person started the run"],
    ["user:ada#101", { actorId: null }, null, "the token does not say who started the run"],
  ])("of deny: %s with %j", (entry, changes, matches, why) => {
    const settings = { allow: ["anyone"], deny: [entry] };
    const [explained] = explainWorkflowEntries(policyOf(settings), settings, { ...run, ...changes });
    expect(explained).toEqual({ setting: "deny[0]", entry, matches, why });
  });

  test("is not decided where GitHub has not signed the token, and one for workflows is none for a person", () => {
    const settings = { allow: [`${file}/deploy.yml@refs/heads/main`, "anyone"], deny: [] };
    expect(explainWorkflowEntries(policyOf(settings), settings, null)).toMatchObject([
      { matches: null },
      { matches: null },
    ]);
    expect(explained(settings, factsOf())).toMatchObject([
      { matches: false, why: "for workflows alone" },
      { matches: true },
    ]);
  });
});
