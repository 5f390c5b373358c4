import { describe, expect, test } from "vitest";
import type { AccessReport } from "../../../../../src/cli/commands/report/report.ts";
import { defaultPolicy, openScene } from "./scene.ts";

const later = (seconds: number) => ({ now: () => Date.now() + seconds * 1000 });

/** A first report, and what a second one says of it. */
async function twoReports(change: (scene: Awaited<ReturnType<typeof openScene>>) => unknown, args: string[] = []) {
  const scene = await openScene();
  await scene.write("earlier.json", (await scene.run(["--format", "json", ...args])).stdout);
  await change(scene);
  const report = await scene.reportOf(["--since", "earlier.json", ...args], later(60));
  if (report.changes === null) throw new Error("nothing was compared");
  return { ...scene, changes: report.changes, cluster: report.changes.clusters[0] };
}

describe("--since", () => {
  test("says that nothing has changed", async () => {
    const { cluster, run } = await twoReports(() => {});
    expect(cluster).toEqual({
      name: "production",
      isCompared: true,
      policyChanged: false,
      ...{ came: [], went: [], changed: [], everyone: [] },
      areRolesCompared: true,
      workflows: { came: [], went: [], changed: [] },
    });
    const { stdout } = await run(["--since", "earlier.json", "--format", "html"], later(60));
    expect(stdout).toContain("Nothing has changed.");
  });

  test("says who came, who went, and what changed, by number and not by login", async () => {
    const { changes, cluster, run } = await twoReports(({ github, acme, ada, ben, ines, storage, blocked, olga }) => {
      github.addMember(acme, ines);
      github.removeMember(acme, ben);
      github.removeFromTeam(storage, ada);
      github.addToTeam(blocked, olga);
      ada.login = "ada-new";
    });
    expect(cluster).toMatchObject({
      came: [{ login: "ines", id: 5, username: "github:ines:5" }],
      // The owner is kept out by a team of deny.
      went: [
        { login: "ben", id: 3, username: "github:ben:3" },
        { login: "olga", id: 1 },
      ],
      changed: [
        {
          login: "ada-new",
          id: 2,
          changes: [
            "login ada → ada-new",
            "username github:ada:2 → github:ada-new:2",
            "- group github:Acme/platform",
            "- group github:Acme/storage",
          ],
        },
      ],
    });
    expect(changes).toMatchObject({ file: "earlier.json", notReported: [] });
    const { stdout } = await run(["--since", "earlier.json"], later(60));
    expect(stdout).toMatch(/production: 1 came, 2 went, 1 changed\n {4}\+ ines#5 {2}github:ines:5/);
    const page = await run(["--since", "earlier.json", "--format", "html"], later(60));
    expect(page.stdout).toContain("went: github:ben:3");
  });

  test("says that the policy is another one, and which roles came and went", async () => {
    const binding = (name: string, subject: string) => ({
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "User", name: subject }],
    });
    const scene = await openScene();
    const list = (...items: unknown[]) => JSON.stringify({ kind: "List", items });
    await scene.write("b.json", list(binding("one", "github:ben:3")));
    await scene.write("earlier.json", (await scene.run(["--format", "json", "--bindings", "b.json"])).stdout);
    await scene.write("b.json", list(binding("two", "github:ben:3")));
    await scene.writeTables(scene.cluster('allow = ["org:acme#1234", "user:ben#3"]'));
    const { changes } = await scene.reportOf(["--since", "earlier.json", "--bindings", "b.json"], later(60));
    expect(changes?.clusters[0]).toMatchObject({
      policyChanged: true,
      came: [{ login: "mallory" }],
      changed: [
        {
          login: "ben",
          changes: [
            "+ entry user:ben#3",
            "+ role ClusterRole/view everywhere (ClusterRoleBinding/two, User github:ben:3)",
            "- role ClusterRole/view everywhere (ClusterRoleBinding/one, User github:ben:3)",
          ],
        },
      ],
    });
  });

  test("says which roles of workflows, and of all who get in, came and went", async () => {
    const entry = "environment:acme/shop/production#1234/9001";
    const binding = (name: string, subject: string) => ({
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { kind: "ClusterRole", name: "admin" },
      subjects: [{ kind: "Group", name: subject }],
    });
    const scene = await openScene(`allow = ["org:acme#1234", "${entry}"]`);
    const write = (...items: unknown[]) => scene.write("b.json", JSON.stringify({ kind: "List", items }));
    await write(binding("none", "other"));
    await scene.write("earlier.json", (await scene.run(["--format", "json", "--bindings", "b.json"])).stdout);
    await scene.writeTables(scene.cluster(`group = "slug:id"\nallow = ["org:acme#1234", "${entry}"]`));
    await write(binding("all", "system:authenticated"), binding("shop", "github:actions:acme/shop:9001"));
    const args = ["--since", "earlier.json", "--bindings", "b.json"];
    const role = (name: string, subject: string) =>
      `+ role ClusterRole/admin everywhere (ClusterRoleBinding/${name}, Group ${subject})`;
    const { changes } = await scene.reportOf(args, later(60));
    expect(changes?.clusters[0]).toMatchObject({
      everyone: [role("all", "system:authenticated")],
      workflows: {
        ...{ came: [], went: [] },
        changed: [
          {
            entry,
            changes: [
              "+ group github:actions:acme/shop:9001",
              "+ group github:actions:acme/shop:9001/environments/production",
              "- group github:actions:acme/shop",
              "- group github:actions:acme/shop/environments/production",
              role("shop", "github:actions:acme/shop:9001"),
            ],
          },
        ],
      },
    });
    for (const form of ["table", "html"]) {
      const { stdout } = await scene.run([...args, "--format", form], later(60));
      expect(stdout).toContain(role("all", "system:authenticated"));
      expect(stdout).toContain(role("shop", "github:actions:acme/shop:9001"));
    }
  });

  test("says that roles are not compared where one report has no bindings", async () => {
    const scene = await openScene();
    await scene.write("earlier.json", (await scene.run(["--format", "json"])).stdout);
    const binding = {
      kind: "ClusterRoleBinding",
      metadata: { name: "a" },
      roleRef: { kind: "ClusterRole", name: "b" },
    };
    await scene.write("b.json", JSON.stringify({ kind: "List", items: [binding] }));
    const args = ["--since", "earlier.json", "--bindings", "b.json"];
    expect((await scene.reportOf(args, later(60))).changes?.clusters).toMatchObject([{ areRolesCompared: false }]);
    for (const form of ["table", "html"]) {
      const { stdout } = await scene.run([...args, "--format", form], later(60));
      expect(stdout).toContain("roles are not compared");
      expect(stdout).not.toContain("Nothing has changed");
    }
  });

  test("reads what --json printed as well", async () => {
    const scene = await openScene();
    await scene.write("earlier.json", (await scene.run(["--json"])).stdout);
    expect((await scene.reportOf(["--since", "earlier.json"], later(60))).changes?.clusters).toHaveLength(1);
  });

  test("says which clusters can't be compared", async () => {
    const { changes } = await twoReports(async ({ writeTables, cluster, write, reportOf }) => {
      const [one, two, three] = ["ONE", "TWO", "THREE"].map((name) =>
        cluster('allow = ["org:acme#1234"]', name).replace("a1", name === "TWO" ? "a2" : "a3"),
      );
      await writeTables(`${one}\n${two}`);
      await write("earlier.json", JSON.stringify(await reportOf()));
      await writeTables(`${two}\n${three}`);
    });
    expect(changes).toMatchObject({
      clusters: [
        { name: "three", isCompared: false },
        { name: "two", isCompared: true },
      ],
      notReported: ["one"],
    });
  });

  describe("of another subject", () => {
    const hostnames = (hostname: string | null, signInHostname: string | null) => ({ hostname, signInHostname });
    const here = hostnames("auth.acme.dev", "login.acme.dev");
    const route = '[[routes]]\npattern = "auth.acme.dev"\ncustom_domain = true';
    const other = { login: "Other", id: 4321, members: 1, owners: 1, teams: 0, invitations: 0 };

    /** @returns what is said of an earlier report that says something else of itself than the next one */
    async function compareWith(change: Partial<AccessReport>, isDeployed: boolean) {
      const scene = await openScene();
      await scene.writeTables(
        `${scene.cluster(defaultPolicy)}\n${isDeployed ? route : ""}`,
        isDeployed ? 'ISSUER_URL = "https://login.acme.dev"' : "",
      );
      await scene.write("earlier.json", JSON.stringify({ ...(await scene.reportOf()), ...change }));
      const { exitCode, stdout, stderr } = await scene.run(["--since", "earlier.json"], later(60));
      if (exitCode !== 0) expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      return stderr;
    }

    test.each([
      ["at other hostnames", { deployment: hostnames("auth.other.dev", "login.other.dev") }],
      ["at another hostname", { deployment: hostnames("auth.other.dev", null) }],
      ["at another sign-in hostname", { deployment: hostnames(null, "login.other.dev") }],
    ])("is refused where it is a deployment %s", async (_, change) => {
      const stderr = await compareWith(change, true);
      expect(stderr).toMatch(/earlier\.json: is about the deployment at (auth|login)\.other\.dev/);
      expect(stderr).toContain("this one about the deployment at auth.acme.dev and login.acme.dev");
      expect(stderr).toContain("--since takes an earlier report of the same deployment");
    });

    test.each([
      ["has the same hostnames", { deployment: here }],
      ["has one of them: the other was changed", { deployment: hostnames("auth.other.dev", "login.acme.dev") }],
      ["had none yet", { deployment: hostnames(null, null) }],
      ["has other organisations by now", { deployment: here, organisations: [other] }],
    ])("is none where the deployment %s", async (_, change) => {
      expect(await compareWith(change, true)).toBe("");
    });

    test("is refused where no hostname says it, and each organisation is another one", async () => {
      const stderr = await compareWith({ organisations: [other] }, false);
      expect(stderr).toContain("is about the organisation Other#4321, and this one about the organisation Acme#1234");
    });

    test("is refused where it has none of the clusters", async () => {
      const stderr = await compareWith({ clusters: [] }, true);
      expect(stderr).toContain("and this one about the cluster production");
    });

    test("is not known of a report that an earlier release wrote, which can still be printed", async () => {
      const scene = await openScene();
      const { deployment: _, ...old } = await scene.reportOf();
      await scene.write("old.json", JSON.stringify(old));
      const { exitCode, stderr } = await scene.run(["--since", "old.json"], later(60));
      expect(exitCode).toBe(1);
      expect(stderr).toContain("old.json: does not say which deployment it is about: an earlier release wrote it");
      expect((await scene.run(["--from", "old.json"])).exitCode).toBe(0);
      await scene.write("earlier.json", (await scene.run(["--format", "json"])).stdout);
      const printed = await scene.run(["--from", "old.json", "--since", "earlier.json"]);
      expect(printed.stderr).toContain("--from: does not say which deployment it is about");
    });
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ["no JSON", () => "login,number", /is no report in JSON/],
    ["a report that breaks off", (text) => text.slice(0, -100), /is no report in JSON/],
    ["JSON of another command", () => '{"ok":true,"pins":[]}', /is no report in JSON/],
    [
      "a report of another release",
      (text) => text.replace("access-report/v1", "access-report/v9"),
      /this release reads/,
    ],
    ["a report without people", (text) => text.replaceAll('"people"', '"persons"'), /not as the command wrote it/],
    [
      "a report about another GitHub",
      (text) => text.replaceAll(/"host": "[^"]+"/g, '"host": "ghe.test"'),
      /is about ghe\.test/,
    ],
    [
      "a report from the future",
      (text) => text.replaceAll(/"startedAt": "\d{4}/g, '"startedAt": "2999'),
      /is newer than this/,
    ],
  ])("refuses %s", async (_, change, message) => {
    const { write, run } = await openScene();
    await write("earlier.json", change((await run(["--format", "json"])).stdout));
    const { exitCode, stdout, stderr } = await run(["--since", "earlier.json"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
