// `octogate manifests` for clusters that verify ID tokens themselves: which file for which release, and what does not
// fit.
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { distributions } from "../../src/cli/commands/manifests/targets.ts";
import { issueCertificate, makeAuthority } from "../../src/local/certificates.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { octogate } from "./support/octogate.ts";

/** @param settings lines of the cluster's table */
const deployment = (settings = "sign_in = true", vars = 'ISSUER_URL = "https://login.acme.test"') => `
name = "octogate"

[vars]
${vars}

[vars.CLUSTER_PRODUCTION]
${settings}
allow = ["org:Acme#1234", "team:acme/platform#55", "user:Octocat#583231"]
`;

const manifests = (target: string, ...more: readonly string[]) => [
  "manifests",
  "--for",
  target,
  "--cluster",
  "production",
  ...more,
];

interface Printed {
  readonly files: { name: string; path: string | null; mode: string | null; content: string }[];
  readonly guide: string;
  readonly notes: string[];
  readonly diagnostics: { subject: string; message: string; hint?: string }[];
}

async function print(args: readonly string[], toml = deployment()): Promise<Printed> {
  const { path: cwd } = await makeDeploymentFolder(toml);
  const { exitCode, stdout, stderr } = await octogate([...args, "--json"], { cwd });
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Printed; // the command's own
}

async function fail(args: readonly string[], toml = deployment()): Promise<string> {
  const { path: cwd } = await makeDeploymentFolder(toml);
  const { exitCode, stdout, stderr } = await octogate(args, { cwd });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  return stderr;
}

const configurationOf = ({ files }: Printed) => {
  const { content = "" } = files.find(({ name }) => name === "authentication-configuration.yaml") ?? {};
  return parse(content) as {
    apiVersion: string;
    jwt: [{ issuer: Record<string, unknown>; claimMappings: { username: { prefix: string }; groups: object } }];
  };
};

describe("octogate manifests for ID tokens", () => {
  test.each(
    distributions.flatMap((distribution) => ["structured", "flags"].map((way) => [way, distribution] as const)),
  )("--for %s --distribution %s leaves nothing to fill in, and needs no certificate", async (way, distribution) => {
    const printed = await print(manifests(way, "--distribution", distribution));

    const own = printed.files.filter(({ name }) => !name.startsWith("rbac/"));
    expect(own.map(({ content }) => content).join("\n")).toContain("https://login.acme.test");
    for (const text of [...own.map(({ content }) => content), printed.guide]) {
      expect(text).not.toMatch(/<[A-Za-z_.-]+>|login\.example\.com|<!--/);
    }
    expect(printed.guide).toContain("--oidc-client-id=production");
    // It goes to the nodes by itself: nothing in it leads to a file that is not there.
    expect(printed.guide).not.toMatch(/\]\((?!https:)/);
    expect(printed.guide).not.toContain(way === "flags" ? "By file (`--for" : "By flags (`--for");
    expect(printed.notes[0]).toContain("the first step looks whether there is one already");
  });

  test.each([
    ["1.30", "v1beta1"],
    ["1.33", "v1beta1"],
    ["v1.34.2", "v1"],
    ["1.37", "v1"],
  ])("Kubernetes %s gets its own version of the file", async (release, version) => {
    const { apiVersion, jwt } = configurationOf(await print(manifests("structured", "--kubernetes", release)));

    expect(apiVersion).toBe(`apiserver.config.k8s.io/${version}`);
    expect(jwt[0].issuer).toEqual({ url: "https://login.acme.test", audiences: ["production"] });
    expect(jwt[0].claimMappings.username.prefix).toBe("github:");
  });

  test("without a release it is the newest version, and a note says so", async () => {
    const printed = await print(manifests("structured"));
    expect(configurationOf(printed).apiVersion).toBe("apiserver.config.k8s.io/v1");
    const note = expect.stringContaining("for Kubernetes 1.34 and later");
    expect(printed.notes).toContainEqual(note);
    for (const args of [manifests("structured", "--kubernetes", "1.37"), manifests("flags")]) {
      expect((await print(args)).notes).not.toContainEqual(note);
    }
  });

  test("a release without such a file is refused, with the other way", async () => {
    const stderr = await fail(manifests("structured", "--kubernetes", "1.29"));
    expect(stderr).toContain("--for structured: Kubernetes 1.29 reads no AuthenticationConfiguration");
    expect(stderr).toContain("use --for flags");
  });

  test("what is no version of Kubernetes is refused", async () => {
    const { exitCode, stderr } = await octogate(manifests("structured", "--kubernetes", "latest"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("must be a version of Kubernetes");
  });

  test("the policy's prefix stands before all names; without one there are rules, and no flags", async () => {
    const own = await print(manifests("structured"), deployment('sign_in = true\nprefix = "gh\'\\"#"'));
    expect(configurationOf(own).jwt[0].claimMappings.username.prefix).toBe("gh'\"#");
    const byFlags = await print(manifests("flags"), deployment('sign_in = true\nprefix = "gh\'\\"#"'));
    expect(parse(byFlags.files[0]?.content ?? "")).toContain("--oidc-groups-prefix=gh'\"#");

    const none = deployment('sign_in = true\nprefix = ""');
    expect(configurationOf(await print(manifests("structured"), none))).toMatchObject({
      jwt: [{ claimMappings: { username: { prefix: "" }, groups: { prefix: "" } } }],
    });
    // Behind "s", a token that names "ystem:masters" does it, too.
    for (const prefix of ["", "s", "system"]) {
      const stderr = await fail(manifests("flags"), deployment(`sign_in = true\nprefix = "${prefix}"`));
      expect(stderr).toContain(`behind the prefix "${prefix}" a stolen signing key could name system:masters`);
    }
  });

  test("role bindings have the names that the policy gives", async () => {
    const { files } = await print(manifests("structured"));
    const bindingOf = (name: string) => files.find((file) => file.name === `rbac/${name}.yaml`)?.content;
    expect(bindingOf("view-organisation")).toContain("name: github:Acme\n");
    expect(bindingOf("view-cluster")).toContain("name: github:Octocat:583231\n");
  });

  test("a table without sign_in is warned about: there are no tokens for it", async () => {
    const settings = `client_certificates = ["${"0123456789abcdef".repeat(4)}"]\ntoken_kinds = ["fine_grained"]`;
    const { diagnostics } = await print(manifests("structured"), deployment(settings));
    expect(diagnostics).toEqual([
      expect.objectContaining({ severity: "warning", message: "is not true, so there are no tokens for this cluster" }),
    ]);
  });

  test.each([
    ["there is no sign-in hostname", deployment("sign_in = true", ""), "ISSUER_URL: there is no sign-in hostname"],
    ["the policy is wrong", deployment('sign_in = true\nprefix = "system:"'), "octogate check says what it is"],
    ["there is no such cluster", 'name = "octogate"\n', "has no cluster production"],
  ])("fails where %s", async (_why, toml, message) => {
    expect(await fail(manifests("structured"), toml)).toContain(message);
  });

  test.each([
    ["structured", "--hostname", "auth.acme.test"],
    ["flags", "--certificates", "folder"],
    ["k3s", "--kubernetes", "1.33"],
    ["k3s", "--issuer-ca", "ca.crt"],
    ["kubeadm", "--sign-in-hostname", "login.acme.test"],
    ["kubeadm", "--kubeconfig", "kubeconfig"],
  ])("--for %s leaves %s aside with a word", async (target, option, value) => {
    expect(await fail(manifests(target, option, value))).toContain(`${option}: has no meaning here`);
  });

  test("a distribution is for these alone, and has to be known", async () => {
    expect(await fail(manifests("k3s", "--distribution", "rke2"))).toContain("is for structured and flags");
    const { exitCode, stderr } = await octogate(manifests("structured", "--distribution", "minikube"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("kube-apiserver, kubeadm, k3s, rke2, talos, kops");
  });
});

describe("the authority of the issuer", () => {
  const day = 24 * 60 * 60 * 1000;
  async function withAuthority() {
    const { path: cwd } = await makeDeploymentFolder(deployment());
    const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
    const { certificate } = await issueCertificate(await makeAuthority(validity), "ca", "client", validity);
    await writeFile(join(cwd, "own-ca.pem"), certificate);
    const run = async (...args: readonly string[]) => octogate([...args, "--issuer-ca", "own-ca.pem"], { cwd });
    return { cwd, certificate, run };
  }

  test("stands in the file, and beside flags", async () => {
    const { certificate, run } = await withAuthority();
    const structured = JSON.parse((await run(...manifests("structured"), "--json")).stdout) as Printed;
    expect(configurationOf(structured).jwt[0].issuer.certificateAuthority).toBe(certificate);

    const flags = JSON.parse((await run(...manifests("flags", "--distribution", "k3s"), "--json")).stdout) as Printed;
    const file = flags.files.find(({ name }) => name === "issuer-ca.crt");
    expect(file?.content).toBe(certificate);
    expect(flags.files.find(({ name }) => name === "octogate-id-tokens.yaml")?.content).toContain(
      `oidc-ca-file=${file?.path}`,
    );
  });

  test("has to be a certificate that is there", async () => {
    const { cwd, certificate } = await withAuthority();
    await writeFile(join(cwd, "key.pem"), "-----BEGIN PUBLIC KEY-----\n");
    const both = `${certificate}${["-----BEGIN", "PRIVATE", "KEY-----"].join(" ")}\n`;
    await writeFile(join(cwd, "both.pem"), both);
    for (const [name, message] of [
      ["missing.pem", "there is no such file"],
      ["key.pem", "holds no certificate"],
      // What is printed is no secret.
      ["both.pem", "holds a private key"],
    ] as const) {
      const { exitCode, stderr } = await octogate(manifests("flags", "--issuer-ca", name), { cwd });
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`${name}: ${message}`);
    }
  });
});

describe("the release of a cluster, asked with kubectl", () => {
  /** @param script of a kubectl in PATH; null: there is none */
  async function ask(script: string | null) {
    const { path: cwd } = await makeDeploymentFolder(deployment());
    const bin = join(cwd, "bin");
    await mkdir(bin);
    if (script !== null) {
      await writeFile(join(bin, "kubectl"), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, "kubectl"), 0o755);
    }
    return octogate(manifests("structured", "--kubeconfig", "production.kubeconfig", "--json"), {
      cwd,
      env: { PATH: bin },
    });
  }
  const versions = (server: string | null) =>
    JSON.stringify({
      clientVersion: { gitVersion: "v1.37.2" },
      ...(server === null ? {} : { serverVersion: { gitVersion: server } }),
    });

  test("decides which file it gets", async () => {
    const { exitCode, stdout, stderr } = await ask(`[ "$2" = version ] && echo '${versions("v1.31.5-gke.1023000")}'`);
    expect(exitCode, stderr).toBe(0);
    expect(configurationOf(JSON.parse(stdout) as Printed).apiVersion).toBe("apiserver.config.k8s.io/v1beta1");
  });

  test.each([
    ["is too old", `echo '${versions("v1.28.15")}'`, "Kubernetes 1.28 reads no AuthenticationConfiguration"],
    [
      "can't be reached",
      `echo '${versions(null)}'; echo 'Unable to connect to the server' >&2; exit 1`,
      "Unable to connect to the server",
    ],
    ["answers in another way", "echo hello", "could not ask this cluster for its version"],
    ["has no version that is known", `echo '${versions("devel")}'`, "could not ask this cluster for its version"],
    ["prints without an end", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "could not ask this cluster"],
  ])("ends the command where the cluster %s", async (_why, script, message) => {
    const { exitCode, stdout } = await ask(script);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(message);
  });

  test("needs kubectl", async () => {
    const { exitCode, stdout } = await ask(null);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("is not installed, or not in PATH");
  });
});

test("--output keeps the files of the two ways apart, and has nothing to hide", async () => {
  const { path: cwd } = await makeDeploymentFolder(deployment());
  const first = await octogate(manifests("structured", "--distribution", "k3s", "--output", "to-node"), { cwd });
  expect(first.exitCode, first.stderr).toBe(0);
  expect((await readdir(join(cwd, "to-node"))).sort()).toEqual(
    [
      ".octogate-manifests.json",
      "STEPS.md",
      "authentication-configuration.yaml",
      "octogate-id-tokens.yaml",
      "rbac",
    ].sort(),
  );
  expect(await readFile(join(cwd, "to-node", "STEPS.md"), "utf8")).toContain("https://login.acme.test/.well-known/");

  const other = await octogate(manifests("flags", "--distribution", "k3s", "--output", "to-node"), { cwd });
  expect(other.exitCode).toBe(1);
  expect(other.stderr).toContain("to-node: holds the files of production for k3s (structured)");
});
