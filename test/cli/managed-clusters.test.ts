// `octogate manifests` for services that take an issuer by a call of their own, and the commands of their pages that
// need no such service.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { clusterSchemaErrors } from "../published/clusters/schemas.ts";
import { commandsIn } from "../support/document-commands.ts";
import { openDocumentShell } from "../support/document-shell.ts";
import { type Service, serviceFile, services, usualIssuer } from "../support/service-files.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { octogate } from "./support/octogate.ts";

const deployment = (settings = "") => `
name = "octogate"

[[routes]]
pattern = "login.acme.dev"
custom_domain = true

[vars]
ISSUER_URL = "https://login.acme.dev"
GITHUB_CLIENT_ID = "Iv23liAcmeClusters00"

[vars.CLUSTER_PRODUCTION]
sign_in = true
allow = ["org:acme#1234", "team:acme/platform#55", "user:octocat#583231"]
${settings}
`;

const files: Readonly<Record<Service, readonly string[]>> = {
  eks: ["oidc.json", "eksctl.yaml"],
  aks: ["jwt-authenticator.json"],
  gke: ["provider.yaml"],
  pinniped: ["jwt-authenticator.yaml"],
};

/** How the service names a team. */
const teams: Readonly<Record<Service, string>> = {
  eks: "github:acme/platform",
  aks: "aks:jwt:github:acme/platform",
  gke: "principalSet://iam.googleapis.com/locations/global/workforcePools/<POOL>/group/acme/platform",
  pinniped: "github:acme/platform",
};

const manifests = (service: string) => ["manifests", "--for", service, "--cluster", "production"];

describe.each(services)("octogate manifests --for %s", (service) => {
  test("writes its files, role bindings under the service's own names, and steps that lead to no other file", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment());

    const { exitCode, stdout } = await octogate([...manifests(service), "--output", "out"], { cwd });

    expect(exitCode).toBe(0);
    expect(stdout).toContain("Begin with out/STEPS.md.");
    const written = (await readdir(join(cwd, "out"))).filter((name) => !name.startsWith("."));
    expect(written.sort()).toEqual([...files[service], "STEPS.md", "rbac"].sort());
    for (const name of files[service]) {
      expect(await readFile(join(cwd, "out", name), "utf8")).toBe(serviceFile(service, name));
    }
    const binding = parse(await readFile(join(cwd, "out/rbac/admin-team.yaml"), "utf8")) as { subjects: unknown }; // ours
    expect(binding.subjects).toEqual([{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: teams[service] }]);
    const steps = await readFile(join(cwd, "out/STEPS.md"), "utf8");
    expect(steps).not.toMatch(/\]\((?!https:)|login\.example\.com|<CLUSTER>/);
    expect(steps).toContain("Never run ");
  });
});

test("--for eks is refused without a prefix, with what to do", async () => {
  const { path: cwd } = await makeDeploymentFolder(deployment('prefix = ""'));
  const { exitCode, stderr } = await octogate(manifests("eks"), { cwd });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("could name system:masters");
  expect(stderr).toContain("give the cluster another prefix");
});

test("--for gke with the pool has nothing left to fill in, and no other target takes a pool", async () => {
  const { path: cwd } = await makeDeploymentFolder(deployment());
  const pool = ["--workforce-pool", "acme-people"];
  const { exitCode, stdout } = await octogate([...manifests("gke"), ...pool], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain("<POOL>");
  expect(stdout).toContain("workforcePools/acme-people/group/acme/platform");
  expect(stdout).toContain("gcloud iam workforce-pools create acme-people ");

  const { stderr } = await octogate([...manifests("eks"), ...pool], { cwd });
  expect(stderr).toContain("--workforce-pool: is for gke");
  for (const wrong of ["acme", "gcp-people", "Acme-People", "acme/people", `a${"b".repeat(63)}`]) {
    const refused = await octogate([...manifests("gke"), "--workforce-pool", wrong], { cwd });
    expect(refused.stderr).toContain("must be 6 to 63 lower-case letters");
  }
});

test("--for aks is refused for a Kubernetes that takes no issuer there", async () => {
  const { path: cwd } = await makeDeploymentFolder(deployment());
  const { exitCode, stderr } = await octogate([...manifests("aks"), "--kubernetes", "1.29"], { cwd });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("AKS takes no issuer at 1.29");
});

test.each([
  ["structured", "kube-authentication-config.yaml", "talos", "k8s.KubeAuthenticationConfigV1Alpha1"],
  ["structured", "before-1.14.yaml", "talos-before-1.14", "v1alpha1.Config"],
  ["flags", "oidc.yaml", "talos-before-1.14", "v1alpha1.Config"],
])("--for %s --distribution talos: %s has the form that Talos publishes", async (way, name, source, definition) => {
  const { path: cwd } = await makeDeploymentFolder(deployment());
  const { stdout } = await octogate([...manifests(way), "--distribution", "talos", "--json"], { cwd });
  const printed = JSON.parse(stdout) as { files: { name: string; content?: string }[] }; // ours
  const content = printed.files.find((file) => file.name === name)?.content;
  expect(clusterSchemaErrors(source, definition, parse(content ?? ""))).toEqual([]);
});

test("the page of GKE puts the client secret into two files that only their owner may read, and no command line", async () => {
  const shell = await openDocumentShell();
  const [secrets = "", provider = "", ...others] = commandsIn("k8s/gke/README.md", "Steps");
  const [withSecret = "", removal = ""] = provider.trim().split("\n");
  expect(others).toEqual([expect.stringContaining("kubectl apply -k rbac/")]);
  await shell.run(`cat > provider.yaml << 'END'\n${serviceFile("gke", "provider.yaml")}END`);

  const { exitCode, stdout } = await shell.run([secrets, withSecret].join("\n"));

  expect(stdout).toBe("");
  expect(exitCode).toBe(0);
  const read = (name: string) => readFile(join(shell.folder, name), "utf8");
  const secret = (await read("client-secret")).trim();
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  // The cluster's name is filled in where the steps are written.
  expect(JSON.parse(await read("client-secrets.json"))).toEqual({ "<CLUSTER>": secret });
  expect(parse(await read("provider-with-secret.yaml"))).toMatchObject({
    "--issuer-uri": usualIssuer.url,
    "--client-secret-value": secret,
  });
  const made = ["client-secret", "client-secrets.json", "provider-with-secret.yaml"];
  for (const name of made) expect((await stat(join(shell.folder, name))).mode & 0o077).toBe(0);
  expect((await shell.run(removal)).exitCode).toBe(0);
  expect(await readdir(shell.folder)).toEqual(["provider.yaml"]);
});
