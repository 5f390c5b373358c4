// docs/access-reviews.md: its procedure, step by step, as it stands.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandsIn } from "../support/document-commands.ts";
import { octogateProgram, openDocumentShell } from "../support/document-shell.ts";
import { startGitHub } from "./support/github.ts";
import { hostname, makeRig } from "./support/rig.ts";

test("the procedure makes the record, the page to sign and the sheet, and shows who went", async () => {
  const rig = await makeRig({ isLate: false });
  onTestFinished(() => rig.close());
  const github = await startGitHub();
  const acme = github.addOrganisation({ login: "Acme", id: 1234 });
  const [ada, ben] = [github.addAccount({ login: "ada", id: 2 }), github.addAccount({ login: "ben", id: 3 })];
  github.addMember(acme, ada, { role: "admin" });
  github.addMember(acme, ben);
  const app = github.addApp({ appId: 800100 });
  github.installApp(app, acme);

  rig.clone.write(
    "wrangler.toml",
    rig.clone
      .read("wrangler.toml")
      .replace("https://api.github.com", github.url)
      .replace("[vars]\n", '[vars]\nGITHUB_APP_ID = "800100"\n'),
  );
  const setup = ["setup", "--cluster", "production", "--hostname", hostname, ...rig.edgeArgs, "--yes"];
  expect((await rig.run([...setup, "--allow", "org:acme#1234"])).exitCode).toBe(0);

  const binding = {
    kind: "ClusterRoleBinding",
    metadata: { name: "viewers" },
    roleRef: { kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "Group", name: "github:Acme" }],
  };
  const shell = await openDocumentShell({
    octogate: octogateProgram(["--token-host", new URL(github.url).host]),
    kubectl: `cat <<'END'\n${JSON.stringify({ kind: "List", items: [binding] })}\nEND`,
  });
  const run = async (script: string) => {
    const { exitCode, stdout } = await shell.run(script, { env: rig.env });
    expect(exitCode, stdout).toBe(0);
    return stdout;
  };
  await writeFile(join(shell.folder, "wrangler.toml"), rig.clone.read("wrangler.toml"));
  await writeFile(join(shell.folder, "github-app.pem"), app.privateKeyPem);
  const withKey = 'export GITHUB_APP_PRIVATE_KEY="$(cat github-app.pem)"\n';
  await run(`${withKey}octogate report --format json > 2026-08.json`);
  github.removeMember(acme, ben);

  for (const script of commandsIn("docs/access-reviews.md", "The procedure")) await run(script);

  const read = (name: string) => readFile(join(shell.folder, name), "utf8");
  expect(JSON.parse(await read("2026-11.json"))).toMatchObject({
    deployed: "same",
    github: { source: { kind: "app", appId: "800100" } },
    clusters: [{ people: [{ login: "ada", grants: [{ role: "ClusterRole/view" }] }] }],
    changes: { clusters: [{ went: [{ login: "ben", id: 3 }] }] },
  });
  expect(await read("2026-11.html")).toContain("went: github:ben:3");
  expect((await read("2026-11.csv")).split("\n")).toHaveLength(3);
});
