import { describe, expect, test } from "vitest";
import { openScene } from "./scene.ts";

interface Bound {
  readonly subject: { readonly kind: string; readonly name: string };
  readonly namespace?: string;
}

const listOf = (...bound: readonly Bound[]) =>
  JSON.stringify({
    kind: "List",
    items: [
      {
        kind: "ClusterRoleBinding",
        metadata: { name: "cluster-admin" },
        roleRef: { kind: "ClusterRole", name: "cluster-admin" },
      },
      ...bound.map(({ subject, namespace }, index) => ({
        kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
        metadata: { name: `b${index}`, ...(namespace === undefined ? {} : { namespace }) },
        roleRef: { kind: "ClusterRole", name: "view" },
        subjects: [subject],
      })),
    ],
  });
const user = (name: string) => ({ subject: { kind: "User", name } });
const group = (name: string) => ({ subject: { kind: "Group", name } });

async function reported(policy: string, ...bound: readonly Bound[]) {
  const scene = await openScene(policy);
  await scene.write("b.json", listOf(...bound));
  const { clusters } = await scene.reportOf(["--bindings", "b.json"]);
  const [cluster] = clusters;
  if (cluster === undefined) throw new Error("there is no cluster");
  return cluster;
}

const usual = 'allow = ["org:acme#1234"]\ndeny = ["user:mallory#99"]';

describe("what each person may do", () => {
  test("is by username and by group, in a namespace or everywhere", async () => {
    const { people, bindings } = await reported(
      usual,
      { ...group("github:Acme/storage"), namespace: "shop" },
      user("github:ben:3"),
      group("system:authenticated"),
    );
    expect(people.map(({ login, grants }) => [login, grants])).toEqual([
      [
        "ada",
        [
          {
            role: "ClusterRole/view",
            namespace: "shop",
            binding: "RoleBinding/b0",
            subject: "Group github:Acme/storage",
          },
        ],
      ],
      [
        "ben",
        [{ role: "ClusterRole/view", namespace: null, binding: "ClusterRoleBinding/b1", subject: "User github:ben:3" }],
      ],
      ["olga", []],
    ]);
    expect(bindings).toMatchObject({ file: "b.json", count: 4, unmet: [] });
    expect(bindings?.everyone).toMatchObject([{ role: "ClusterRole/view", subject: "Group system:authenticated" }]);
  });

  test("is not by a user's name that a group's binding has, nor by a service account", async () => {
    const { people } = await reported(usual, group("github:ben:3"), user("github:Acme"), {
      subject: { kind: "ServiceAccount", name: "github:ben:3" },
    });
    expect(people.flatMap(({ grants }) => grants)).toEqual([]);
  });
});

describe("a binding that no person meets is named, with the reason:", () => {
  test.each<[string, Bound, RegExp]>([
    ["an earlier login", user("github:ada-old:2"), /earlier login: the account is called github:ada:2/],
    ["a login without its number", user("github:ada"), /another form: it is github:ada:2/],
    ["a number alone", user("github:2"), /another form: it is github:ada:2/],
    ["no prefix", user("ada:2"), /without the prefix.*github:ada:2/],
    ["another form and no prefix", user("ada"), /without the prefix.*github:ada:2/],
    ["another spelling", user("github:Ada:2"), /letter by letter: it is github:ada:2/],
    ["an account that deny keeps out", user("github:mallory:99"), /kept out: user_denied/],
    ["an account that is invited", user("github:ines:5"), /invited, and no member yet/],
    ["an unknown account", user("github:none:404"), /no person of this report/],
    ["a group without the prefix", group("Acme/storage"), /without the prefix.*github:Acme\/storage/],
    ["a group in another spelling", group("github:acme"), /letter by letter: it is github:Acme/],
    ["a group of another form", group("github:1234/55"), /another form: it is github:Acme\/platform/],
    ["a team without members", group("github:Acme/blocked"), /no person of this report is in this group/],
    ["a team that is not there", group("github:Acme/none"), /no organisation and no team/],
  ])("%s", async (_, bound, why) => {
    const { bindings } = await reported(usual, bound);
    expect(bindings?.unmet).toMatchObject([
      {
        subject: `${bound.subject.kind} ${bound.subject.name}`,
        binding: "ClusterRoleBinding/b0",
        why: expect.stringMatching(why),
      },
    ]);
  });

  test("a member whom no entry admits", async () => {
    const { bindings } = await reported('allow = ["team:acme/platform#55"]', user("github:ben:3"));
    expect(bindings?.unmet).toMatchObject([{ why: expect.stringContaining("no entry of allow matches") }]);
  });

  test.each<[string, Bound]>([
    ["of Kubernetes itself", group("system:masters")],
    ["of another authenticator", user("oidc:ada")],
    ["of a service account's group", group("system:serviceaccounts:default")],
  ])("but none %s", async (_, bound) => {
    expect((await reported(usual, bound)).bindings?.unmet).toEqual([]);
  });

  test("but no user's where anyone gets in", async () => {
    const { bindings } = await reported('allow = ["anyone"]', user("github:none:404"), group("github:Acme/none"));
    expect(bindings?.unmet.map(({ subject }) => subject)).toEqual(["Group github:Acme/none"]);
  });
});

describe("workflows", () => {
  const entry = "environment:acme/shop/production#1234/9001";
  const policy = `allow = ["${entry}", "workflow:Acme/shop/.github/workflows/deploy.yml@refs/heads/main"]`;

  test("have their own names, and what these may do", async () => {
    const { workflows, people, bindings } = await reported(
      policy,
      group("github:actions:acme/shop/environments/production"),
      group("github:actions:acme/shop/workflows/any.yml"),
      group("github:actions:acme/other"),
    );
    expect(people).toEqual([]);
    expect(workflows).toEqual([
      {
        entry,
        pinned: true,
        username: "github:actions:acme/shop:9001",
        groups: ["github:actions:acme/shop", "github:actions:acme/shop/environments/production"],
        keptOut: null,
        // A run of the environment can be of any file.
        grants: [0, 1].map((index) => expect.objectContaining({ binding: `ClusterRoleBinding/b${index}` })),
      },
      {
        entry: expect.stringContaining("workflow:Acme/shop"),
        pinned: false,
        username: "github:actions:Acme/shop:<NUMBER>",
        groups: ["github:actions:Acme/shop", "github:actions:Acme/shop/workflows/deploy.yml"],
        keptOut: null,
        // A run of the file can be in any environment.
        grants: [expect.objectContaining({ binding: "ClusterRoleBinding/b0" })],
      },
    ]);
    expect(bindings?.unmet).toMatchObject([
      { subject: "Group github:actions:acme/other", why: expect.stringContaining("no entry of allow for workflows") },
    ]);
  });

  test.each<[string, string, readonly Bound[]]>([
    [
      "in GitHub's spelling, which the cluster has",
      "",
      [group("github:actions:ACME/Shop"), user("github:actions:Acme/shop:9001")],
    ],
    [
      "with any number where none is pinned",
      'group = "slug:id"',
      [group("github:actions:Acme/shop:77/workflows/deploy.yml"), user("github:actions:Acme/shop:77")],
    ],
    [
      "by a number alone",
      'group = "id"\nusername = "id"',
      [group("github:actions:9001/environments/Production"), user("github:actions:9001")],
    ],
  ])("are met %s", async (_, lines, bound) => {
    const { workflows, bindings } = await reported(`${policy}\n${lines}`, ...bound);
    expect(bindings?.unmet).toEqual([]);
    expect(new Set(workflows.flatMap(({ grants }) => (grants ?? []).map(({ binding }) => binding))).size).toBe(2);
  });

  test.each([
    ["another file", group("github:actions:Acme/shop/workflows/other.yml")],
    ["no file", group("github:actions:Acme/shop/workflows/")],
    ["no environment", group("github:actions:Acme/shop/environments/")],
    ["a repository that begins so", group("github:actions:Acme/shopping")],
    ["another kind of subject", user("github:actions:Acme/shop")],
    ["a number where a pin has another", user("github:actions:Acme/shop:90011")],
  ])("of one file are not met by %s", async (_, bound) => {
    const file = "workflow:Acme/shop/.github/workflows/deploy.yml@refs/heads/main#1234/9001";
    const { workflows, bindings } = await reported(`allow = ["${file}"]`, bound);
    expect(workflows).toMatchObject([{ grants: [] }]);
    expect(bindings?.unmet).toHaveLength(1);
  });

  test("that deny takes back let no run in", async () => {
    const { workflows } = await reported(`${policy}\ndeny = ["repository:acme/shop"]`);
    expect(workflows).toMatchObject([
      { entry, username: null, keptOut: "workflow_denied" },
      { username: null, keptOut: "workflow_denied" },
    ]);
  });
});

describe("--bindings", () => {
  test("names its cluster where there are several", async () => {
    const { write, writeTables, cluster, reportOf, run } = await openScene();
    const [one, other] = [cluster(usual), cluster(usual, "STAGING")];
    await writeTables(`${one}\n${other.replace("a1".repeat(32), "b2".repeat(32))}`);
    await write("b.json", listOf(user("github:ben:3")));
    expect(await run(["--bindings", "b.json"])).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("is of which cluster?"),
    });
    const { clusters } = await reportOf(["--bindings", "staging=b.json"]);
    expect(clusters.map(({ bindings }) => bindings?.file ?? null)).toEqual([null, "b.json"]);
    expect((await run(["--bindings", "none=b.json"])).stderr).toContain("no cluster none in this report");
  });

  test("that is not there, or no list of bindings, ends the command before GitHub is asked", async () => {
    const { github, write, run } = await openScene();
    await write("b.json", "{");
    for (const file of ["b.json", "none.json"]) {
      const { exitCode, stdout, stderr } = await run(["--bindings", file]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain(file);
    }
    expect(github.requests).toEqual([]);
  });
});
