// Role bindings with a policy's own names in them: exactly the groups that Octogate gives, in each form, and nothing
// that the policy does not say.
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { NameForm } from "../../../../../src/cli/commands/manifests/names.ts";
import { renderRbac } from "../../../../../src/cli/commands/manifests/rbac.ts";
import { readClusterPolicy } from "../../../../../src/worker/config/cluster.ts";
import { readClusterFile } from "../../../../support/cluster-files.ts";

interface Settings {
  readonly allow: string[];
  readonly groups_from?: string[];
  readonly [key: string]: unknown;
}

function render(settings: Settings, form: NameForm = { kind: "policy" }) {
  const policy = readClusterPolicy("CLUSTER_TEST", {
    client_certificates: ["0123456789abcdef".repeat(4)],
    token_kinds: ["fine_grained"],
    ...settings,
  });
  if (!policy.ok) throw new Error(JSON.stringify(policy.problems));
  const { files, notes } = renderRbac(policy.value, [...settings.allow, ...(settings.groups_from ?? [])], form);
  const namesIn = (file: string) => {
    const content = files.find(({ name }) => name === `rbac/${file}.yaml`)?.content ?? "";
    const { subjects } = parse(content) as { subjects: { kind: string; apiGroup: string; name: string }[] }; // rendered by us
    return subjects.map(({ kind, name }) => `${kind} ${name}`);
  };
  return { files, notes, namesIn };
}

const allow = ["org:Acme#1234", "team:acme/platform#55", "user:Octocat#583231"];

describe("role bindings from a policy", () => {
  test.each([
    ["slug", "github:Acme", "github:Acme/platform"],
    ["id", "github:1234", "github:1234/55"],
    ["slug:id", "github:Acme:1234", "github:Acme:1234/platform:55"],
  ])("group = %s names groups as Octogate does", (group, organisation, team) => {
    const { namesIn } = render({ allow, group });

    expect(namesIn("view-organisation")).toEqual([`Group ${organisation}`]);
    expect(namesIn("admin-team")).toEqual([`Group ${team}`]);
    expect(namesIn("edit-team")).toEqual([`Group ${team}`]);
  });

  test.each([
    ["login", "gh-Octocat"],
    ["id", "gh-583231"],
    ["login:id", "gh-Octocat:583231"],
  ])("username = %s names people as Octogate does, with the policy's prefix", (username, name) => {
    const { namesIn } = render({ allow, username, prefix: "gh-" });

    expect(namesIn("view-cluster")).toEqual([`User ${name}`]);
    expect(namesIn("view-namespace")).toEqual([`User ${name}`]);
    expect(namesIn("view-organisation")).toEqual(["Group gh-Acme"]);
  });

  test("every organisation whose groups are given is a subject, and every allowed team in one of them", () => {
    const { namesIn } = render({
      allow: ["team:acme/platform#55", "team:acme/storage#56", "team:other/platform#57"],
      groups_from: ["acme#1234", "Third#9"],
    });

    expect(namesIn("view-organisation")).toEqual(["Group github:acme", "Group github:Third"]);
    expect(namesIn("admin-team")).toEqual(["Group github:acme/platform", "Group github:acme/storage"]);
  });

  test("a team that gives a group by itself is a subject, and its organisation is none", () => {
    const { namesIn } = render({ allow, groups_from: ["team:Acme/sre#56"] });
    expect(namesIn("admin-team")).toEqual(["Group github:Acme/sre"]);
    expect(namesIn("view-organisation").join()).not.toContain("Acme");
  });

  test.each([
    ["slug", "Acme/Shop"],
    ["id", "9001"],
    ["slug:id", "Acme/Shop:9001"],
  ])("group = %s names workflows as Octogate does", (group, repository) => {
    const { namesIn, notes } = render({
      allow: [
        "environment:Acme/Shop/Production#1234/9001",
        "workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main#1234/9001",
        "workflow:acme/shop/.github/workflows/deploy.yml@refs/tags/v1#1234/9001",
        "environment:acme/shop/f\u00fcr alle#1234/9001",
      ],
      group,
    });
    expect(namesIn("edit-workflow")).toEqual([
      `Group github:actions:${repository}/environments/Production`,
      `Group github:actions:${repository}/workflows/deploy.yml`,
    ]);
    expect(notes.join()).not.toContain("<NUMBER>");
  });

  test("nothing stands where the policy says nothing: the placeholder admits no user, and a note says so", () => {
    const { namesIn, notes } = render({ allow: ["user:octocat#583231"] });

    expect(namesIn("view-organisation")).toEqual(["Group github:<ORGANISATION>"]);
    expect(namesIn("admin-team")).toEqual(["Group github:<ORGANISATION>/<TEAM>"]);
    expect(namesIn("edit-workflow")).toEqual(["Group github:actions:<OWNER>/<REPOSITORY>/environments/<ENVIRONMENT>"]);
    expect(notes).toEqual([
      expect.stringContaining("view-organisation.yaml admits no user"),
      expect.stringContaining("admin-team.yaml admits no user"),
    ]);
  });

  test("a number that the policy does not pin is a placeholder, and a note says how to find it", () => {
    const { namesIn, notes } = render({ allow: ["org:acme", "team:acme/platform", "user:octocat"], group: "id" });

    expect(namesIn("view-organisation")).toEqual(["Group github:<NUMBER>"]);
    expect(namesIn("admin-team")).toEqual(["Group github:<NUMBER>/<NUMBER>"]);
    expect(namesIn("view-cluster")).toEqual(["User github:octocat:<NUMBER>"]);
    expect(notes).toContainEqual(expect.stringContaining("octogate pin"));
  });

  test("says whom it makes an administrator, and that spelling counts where names are compared", () => {
    expect(render({ allow }).notes).toEqual([
      expect.stringContaining("makes github:Acme/platform administrators of the namespace default"),
      expect.stringContaining("letter by letter"),
    ]);
    expect(render({ allow, group: "id" }).notes).toEqual([expect.stringContaining("makes github:1234/55")]);
  });

  test("break-glass and everything without a subject of the policy's is as it stands in k8s/", () => {
    const { files } = render({ allow });

    for (const name of ["break-glass.yaml", "break-glass-request.yaml", "kustomization.yaml", "README.md"]) {
      expect(files).toContainEqual({ name: `rbac/${name}`, content: readClusterFile(`rbac/${name}`) });
    }
  });

  test("without a policy, all of it is as it stands in k8s/", () => {
    const { files, notes } = renderRbac(null, [], { kind: "policy" });

    expect(notes).toEqual([]);
    for (const { name, content } of files) expect(content).toBe(readClusterFile(name));
  });

  test("the comments stay", () => {
    const { files } = render({ allow });
    const { content } = files.find(({ name }) => name === "rbac/admin-team.yaml") ?? { content: "" };

    expect(content).toBe(
      readClusterFile("rbac/admin-team.yaml").replace("github:<ORGANISATION>/<TEAM>", "github:Acme/platform"),
    );
  });
});
