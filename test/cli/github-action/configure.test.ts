// The composite action of k8s/github-action: what its script writes, and what it does not let through.
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileCommands } from "../../../src/local/job/runner.ts";
import { whyWithoutCiPrograms } from "../../support/ci-programs.ts";
import { parseKubeconfig } from "../../support/cluster-files.ts";
import { type JobScene, jobScene, type ScriptOptions, unsignedToken } from "./support.ts";

const granted = { status: 200, body: JSON.stringify({ access_token: unsignedToken({ exp: 1_900_000_000 }) }) };
const authority = Buffer.from("-----BEGIN CERTIFICATE-----\n").toString("base64");
// The checks are of the inputs; what answers at the address is another matter, see credential.test.ts.
const inputs = {
  OCTOGATE_ISSUER: "https://login.example.com",
  OCTOGATE_EXCHANGE: "false",
  CLUSTER_SERVER: "https://10.0.0.1:6443",
  CLUSTER_AUTHORITY: authority,
};

async function configure(scene: JobScene, { environment, shell = "sh" }: ScriptOptions = {}) {
  const folder = dirname(scene.temporaryFolder);
  const outcome = await scene.runScript("configure.sh", { shell, environment: { ...inputs, ...environment } });
  const read = (name: string) => readFile(join(folder, name), "utf8").catch(() => "");
  return { ...outcome, env: await read("env"), output: await read("output") };
}

const title = "the action of k8s/github-action";
if (whyWithoutCiPrograms !== null) console.warn(`SKIPPED: ${title}: ${whyWithoutCiPrograms}`);

describe.skipIf(whyWithoutCiPrograms !== null).each(["dash", "bash"])("in %s", (shell) => {
  test("writes a kubeconfig for the steps that follow, which no other user can read", async () => {
    const scene = await jobScene([granted]);
    const { exitCode, stdout, stderr, env, output } = await configure(scene, { shell });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const { KUBECONFIG = "" } = fileCommands(env);
    expect(fileCommands(env)).toEqual({ KUBECONFIG });
    expect(fileCommands(output)).toEqual({ kubeconfig: KUBECONFIG });
    expect(dirname(dirname(KUBECONFIG))).toBe(scene.temporaryFolder);
    for (const [path, mode] of [
      [KUBECONFIG, 0o600],
      [join(dirname(KUBECONFIG), "credential.sh"), 0o600],
      [dirname(KUBECONFIG), 0o700],
    ] as const) {
      expect((await stat(path)).mode & 0o777, path).toBe(mode);
    }
    expect(parseKubeconfig(await readFile(KUBECONFIG, "utf8"))).toEqual({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "production",
          cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": authority },
        },
      ],
      users: [
        {
          name: "github-actions",
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1",
              interactiveMode: "Never",
              command: "sh",
              args: [join(dirname(KUBECONFIG), "credential.sh")],
              env: [
                { name: "OCTOGATE_ISSUER", value: "https://login.example.com" },
                { name: "OCTOGATE_CLUSTER", value: "production" },
                { name: "OCTOGATE_EXCHANGE", value: "false" },
              ],
            },
          },
        },
      ],
      contexts: [{ name: "production", context: { cluster: "production", user: "github-actions" } }],
      "current-context": "production",
    });
  });

  test.each([
    ["OCTOGATE_ISSUER", "http://login.example.com"],
    ["OCTOGATE_ISSUER", "https://login.example.com/"],
    ["OCTOGATE_ISSUER", "https://"],
    ["OCTOGATE_ISSUER", "https://login.example.com --output /etc/passwd"],
    ["OCTOGATE_ISSUER", "https://login.example.com\nPATH=/tmp"],
    ["OCTOGATE_ISSUER", "https://$(touch owned).example.com"],
    ["OCTOGATE_ISSUER", "https://login.example.com?x='"],
    ["OCTOGATE_CLUSTER", ""],
    ["OCTOGATE_CLUSTER", "Production"],
    ["OCTOGATE_CLUSTER", "é"],
    ["OCTOGATE_CLUSTER", "production\nBASH_ENV=/tmp/x"],
    ["OCTOGATE_CLUSTER", "../production"],
    ["OCTOGATE_CLUSTER", 'x","user":"admin'],
    ["OCTOGATE_EXCHANGE", "yes"],
    ["OCTOGATE_EXCHANGE", "true\n"],
    ["CLUSTER_SERVER", ""],
    ["CLUSTER_SERVER", "http://10.0.0.1"],
    ["CLUSTER_SERVER", "https://10.0.0.1 x"],
    ["CLUSTER_SERVER", "https://10.0.0.1\n::add-mask::x"],
    ["CLUSTER_AUTHORITY", "-----BEGIN CERTIFICATE-----"],
    ["CLUSTER_AUTHORITY", "YQ==\nYQ=="],
  ])("refuses %s=%j without repeating it", async (name, value) => {
    const { exitCode, stdout, stderr, env, output } = await configure(await jobScene([granted]), {
      shell,
      environment: { [name]: value },
    });
    expect({ exitCode, env, output, stderr }).toEqual({ exitCode: 1, env: "", output: "", stderr: "" });
    expect(stdout).toMatch(/^::error title=Octogate::[a-z-]+: must be [^\n]+\n$/);
    if (value.length > 8) expect(stdout).not.toContain(value);
  });

  test("says in its own step that the job has no permission", async () => {
    const { exitCode, stdout, stderr, env } = await configure(await jobScene([granted], { idToken: false }), { shell });
    expect({ exitCode, env }).toEqual({ exitCode: 1, env: "" });
    expect(stderr).toContain("      id-token: write\n");
    expect(stdout).toBe("::error title=Octogate::this job gets no token: the lines above say why\n");
  });
});

test
  .skipIf(whyWithoutCiPrograms !== null)
  .each(["https://[2001:db8::1]:6443", "https://cluster.example.com/k8s/clusters/c-1"])(
  "takes the server %s",
  async (server) => {
    expect(await configure(await jobScene([granted]), { environment: { CLUSTER_SERVER: server } })).toMatchObject({
      exitCode: 0,
    });
  },
);

test.skipIf(whyWithoutCiPrograms !== null)(
  "without an authority, the system's own ones vouch for the cluster",
  async () => {
    const { env } = await configure(await jobScene([granted]), { environment: { CLUSTER_AUTHORITY: "" } });
    const { KUBECONFIG = "" } = fileCommands(env);
    const { clusters } = parseKubeconfig(await readFile(KUBECONFIG, "utf8"));
    expect(clusters[0].cluster).toEqual({ server: "https://10.0.0.1:6443" });
  },
);

test.skipIf(whyWithoutCiPrograms !== null)("no text gets further than its form", async () => {
  const scene = await jobScene([granted]);
  const names = ["OCTOGATE_ISSUER", "OCTOGATE_CLUSTER", "OCTOGATE_EXCHANGE", "CLUSTER_SERVER", "CLUSTER_AUTHORITY"];
  const forms: Record<string, RegExp> = {
    OCTOGATE_ISSUER: /^https:\/\/[\w.:/-]*[\w.:-]$/,
    OCTOGATE_CLUSTER: /^[a-z][a-z0-9-]*$/,
    OCTOGATE_EXCHANGE: /^(?:true|false)$/,
    CLUSTER_SERVER: /^https:\/\/[\w.:/%[\]-]+$/,
    CLUSTER_AUTHORITY: /^[A-Za-z0-9+/=]*$/,
  };
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."a9-:/.'\"$`\\\n\r ;|&<>(){}[]*?~#%=é") }),
    fc.string({ unit: fc.constantFrom(..."a/.-' \n") }).map((rest) => `https://${rest}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), text, async (name, value) => {
      // An exchange would ask the network.
      const { exitCode } = await configure(scene, { environment: { [name]: value === "true" ? "false" : value } });
      expect(exitCode === 0).toBe(forms[name]?.test(value) ?? false);
    }),
    { numRuns: 60 },
  );
});
