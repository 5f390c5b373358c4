// A report beside a real cluster: what kubectl prints of role bindings, and as whom people are known there. And its
// page in a real browser.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportSchema } from "../../src/cli/commands/report/report.ts";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { readRbacExample } from "../support/cluster-files.ts";
import { commandIn } from "../support/document-commands.ts";
import { type DocumentShell, octogateProgram, openDocumentShell } from "../support/document-shell.ts";
import { binary } from "./support/binaries.ts";
import { startChromium } from "./support/chromium.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { needs } from "./support/needs.ts";
import { type Octogate, startOctogate } from "./support/octogate.ts";
import { succeed } from "./support/roles.ts";

const title = "a report of a real cluster";

const whoAmISchema = v.object({
  status: v.object({ userInfo: v.object({ username: v.string(), groups: v.array(v.string()) }) }),
});

describe(title, needs("a control plane"), () => {
  let world: ReturnType<typeof addWorld>;
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    octogate = await startOctogate({
      addTo: (github) => {
        world = addWorld(github);
        return [`org:${world.organisation.login}#${world.organisation.id}`];
      },
    });
    controlPlane = await startControlPlane(octogate.webhookKubeconfig);
    const apply = ["apply", "--filename=-"];
    await succeed(controlPlane.admin, apply, readRbacExample("view-organisation", "Reef-Works"));
    await succeed(controlPlane.admin, apply, readRbacExample("edit-team", "Reef-Works/platform"));
    await succeed(controlPlane.admin, [
      "create",
      "clusterrolebinding",
      "left",
      "--clusterrole=admin",
      "--user=github:old:1",
    ]);
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  /** Runs kubectl as an administrator, where a document says so. */
  async function openShell(): Promise<DocumentShell> {
    const kubeconfig = await succeed(controlPlane.admin, ["config", "view", "--raw", "--flatten"]);
    const { host } = new URL(octogate.github.url);
    const shell = await openDocumentShell({
      kubectl: `exec "${binary("kubectl")}" "$@"`,
      octogate: octogateProgram(["--token-host", host]),
    });
    await writeFile(join(shell.folder, "admin.kubeconfig"), kubeconfig);
    const { maintainer, github } = octogate;
    const { organisation } = world;
    await writeFile(
      join(shell.folder, "wrangler.toml"),
      `[vars]
GITHUB_API_URL = "${github.url}"
[vars.CLUSTER_PRODUCTION]
client_certificates = ["${"a1".repeat(32)}"]
token_kinds = ["fine_grained", "classic"]
allow = ["user:${maintainer.login}#${maintainer.id}", "org:${organisation.login}#${organisation.id}"]
`,
    );
    const env = { KUBECONFIG: join(shell.folder, "admin.kubeconfig"), GITHUB_TOKEN: tokenOf(world.owner) };
    return { ...shell, run: (script, options) => shell.run(script, { ...options, env }) };
  }

  const tokenOf = (account: StandInAccount) =>
    octogate.github.issueToken(account, { kind: "classic", scopes: ["read:org"] });

  test(
    "gives each person the names that kube-apiserver knows them by, and the roles that it gives them",
    needs("kubectl auth whoami"),
    async () => {
      const shell = await openShell();
      const asked = commandIn("docs/command.md", "kubectl get rolebindings,clusterrolebindings -A -o json");
      const { exitCode, stdout } = await shell.run(
        `${asked} > b.json\noctogate report --format json --bindings b.json > report.json`,
      );
      expect(exitCode, stdout).toBe(0);
      const report = v.parse(reportSchema, JSON.parse(await readFile(join(shell.folder, "report.json"), "utf8")));
      const [cluster] = report.clusters;
      expect(cluster?.people).toHaveLength(4);
      for (const account of [octogate.maintainer, world.owner, world.member, world.child]) {
        const person = cluster?.people.find(({ id }) => id === account.id);
        const kubectl = await controlPlane.kubectl.withGitHubToken(tokenOf(account));
        const { status } = v.parse(whoAmISchema, JSON.parse(await succeed(kubectl, ["auth", "whoami", "-o", "json"])));
        const { username, groups } = status.userInfo;
        expect([person?.username, person?.groups]).toEqual([
          username,
          groups.filter((name) => !name.startsWith("system:")),
        ]);
      }
      const rolesOf = ({ id }: StandInAccount) =>
        cluster?.people.find((person) => person.id === id)?.grants?.map(({ role, namespace }) => [role, namespace]);
      expect(rolesOf(octogate.maintainer)).toEqual([]);
      expect(rolesOf(world.member)).toEqual([["ClusterRole/view", null]]);
      expect(rolesOf(world.child)).toEqual([
        ["ClusterRole/view", null],
        ["ClusterRole/edit", "default"],
      ]);
      // The roles that kube-apiserver itself gives to everyone who is authenticated.
      expect(cluster?.bindings?.everyone.map(({ role }) => role)).toContain("ClusterRole/system:basic-user");
      expect(cluster?.bindings?.unmet).toMatchObject([
        { subject: "User github:old:1", binding: "ClusterRoleBinding/left" },
      ]);
    },
  );

  test("is followed by the commands that the page names for what it can't know", async () => {
    const shell = await openShell();
    const others = await shell.run(commandIn("docs/access-reviews.md", "kubectl get clusterrolebindings"));
    expect(others.stdout).toContain("cluster-admin");
    const command = commandIn("docs/access-reviews.md", "kubectl auth can-i --list --as=USER --as-group=GROUP");
    const allowed = await shell.run(command.replace("USER", "github:x:1").replace("GROUP", "github:Reef-Works"));
    expect(allowed.exitCode, allowed.stdout).toBe(0);
    expect(allowed.stdout).toMatch(/^pods .*\[get list watch\]/m);
  });

  test("is a page that fits a screen, a phone and paper, and calls nothing", needs("Chromium"), async () => {
    const shell = await openShell();
    const { exitCode, stdout } = await shell.run("octogate report --format html > report.html");
    expect(exitCode, stdout).toBe(0);
    const browser = await startChromium();
    try {
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 390, height: 844 },
      ]) {
        const page = await browser.newPage({ viewport });
        const requests: string[] = [];
        page.on("request", (request) => void requests.push(request.url()));
        const messages: string[] = [];
        page.on("console", (message) => void messages.push(message.text()));
        const address = pathToFileURL(join(shell.folder, "report.html")).href;
        await page.goto(address);
        const width = await page.evaluate("document.documentElement.scrollWidth");
        expect(width).toBe(viewport.width);
        expect(await page.getByText("☐ keep ☐ remove").count()).toBe(4);
        expect({ requests, messages }).toEqual({ requests: [address], messages: [] });
        const pdf = await page.pdf({ preferCSSPageSize: true });
        // A4, lying, in points.
        expect(pdf.toString("latin1")).toMatch(/\/MediaBox \[0 0 841\.\d+ 59\d/);
      }
    } finally {
      await browser.close();
    }
  });
});

/** An organisation with an owner, a member, and one in a child team. */
function addWorld(github: GitHubStandIn) {
  const organisation = github.addOrganisation({ login: "Reef-Works" });
  const platform = github.addTeam(organisation, { name: "Platform" });
  const storage = github.addTeam(organisation, { name: "Storage", parent: platform });
  const add = (login: string, membership = {}) => {
    const account = github.addAccount({ login });
    github.addMember(organisation, account, membership);
    return account;
  };
  const owner = add("olga-octopus", { role: "admin" });
  const member = add("mona-manta");
  const child = add("cleo-clam");
  github.addToTeam(storage, child);
  return { organisation, owner, member, child };
}
