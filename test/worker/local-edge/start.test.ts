// Starting: what is there once it is ready, and what is said when it cannot be.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fingerprintOf } from "../../../src/node/certificates.ts";
import { call, identityOf, tokenReview } from "../../support/edge-client.ts";
import { freePort } from "../../support/free-port.ts";
import { runLocalEdge, startLocalEdge } from "../../support/local-edge.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate start's "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function policyFile(name: string, policy: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof policy === "string" ? policy : JSON.stringify(policy));
  return path;
}

/** The command that it prints, as a user copies it. */
function curlIn(printed: string): string {
  return /^curl .*?^REVIEW$/ms.exec(printed)?.[0] ?? "";
}

const anyone = { allow: ["anyone"], token_kinds: ["classic"] };

describe("once it is ready", () => {
  it("the curl command that it prints works as pasted, also where the folder's name needs quotes", async () => {
    const edge = await startLocalEdge({ stateDir: join(folder, 'state of $HOME; "quoted" it\'s') });
    const command = curlIn(edge.stdout());
    const pasted = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    await edge.stop();
    expect(pasted.stderr).toBe("");
    expect(JSON.parse(pasted.stdout)).toMatchObject({ kind: "TokenReview", status: { authenticated: true } });
  });

  it("with another GitHub, curl takes the token from the shell", async () => {
    const edge = await startLocalEdge({ args: ["--github", "http://127.0.0.1:1"] });
    const command = curlIn(edge.stdout());
    const env = { ...process.env, GITHUB_TOKEN: "not a GitHub token" };
    const pasted = spawnSync("bash", ["-c", command], { encoding: "utf8", env });
    await edge.stop();
    expect(JSON.parse(pasted.stdout)).toMatchObject({ status: { authenticated: false } });
  });

  it("the state folder holds what kube-apiserver needs, and keeps its secrets to its owner", async () => {
    const stateDir = join(folder, "state");
    const edge = await startLocalEdge({ stateDir });
    const { port } = edge;
    await edge.stop();
    const modes = async (...names: string[]) =>
      Promise.all(names.map(async (name) => (await stat(join(stateDir, name))).mode & 0o777));
    expect(
      await modes("local.key", "edge/ca.key", "edge/server.key", "edge/cache-secret", "kubeconfig", "tokens/admitted"),
    ).toEqual(Array.from({ length: 6 }, () => 0o600));
    expect(await modes(".", "edge", "storage", "tokens")).toEqual([0o700, 0o700, 0o700, 0o700]);
    expect(parse(await readFile(join(stateDir, "local.kubeconfig"), "utf8"))).toMatchObject({
      clusters: [
        {
          cluster: {
            server: `https://127.0.0.1:${port}/authenticate`,
            "certificate-authority": join(stateDir, "ca.crt"),
          },
        },
      ],
      users: [
        {
          user: { "client-certificate": join(stateDir, "local.crt"), "client-key": join(stateDir, "local.key") },
        },
      ],
    });
  });

  it("a second start on the same folder keeps certificates, secret and tokens", async () => {
    const stateDir = join(folder, "kept");
    const names = ["ca.crt", "local.crt", "local.key", "edge/ca.key", "edge/server.crt", "edge/cache-secret"];
    names.push("tokens/admitted", "tokens/team-member");
    const contents = () => Promise.all(names.map((name) => readFile(join(stateDir, name), "utf8")));
    const seen = [];
    for (let start = 0; start < 2; start++) {
      const edge = await startLocalEdge({ stateDir });
      seen.push(await contents());
      await edge.stop();
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  it("each cluster has a certificate of its own, and those that its file lists", async () => {
    const stateDir = join(folder, "clusters");
    const first = await startLocalEdge({
      stateDir,
      args: ["--cluster", `old=${await policyFile("old.json", anyone)}`],
    });
    const oldIdentity = identityOf(first, "old");
    await first.stop();

    const listing = { ...anyone, client_certificates: [fingerprintOf(oldIdentity.cert)] };
    const args = ["--cluster", `prod-eu=${await policyFile("eu.json", listing)}`];
    args.push("--cluster", `dev=${await policyFile("dev.json", anyone)}`, "--var", "CACHE_TTL_SECONDS=30");
    const edge = await startLocalEdge({ stateDir, args });
    const statuses = [];
    for (const identity of [identityOf(edge, "prod-eu"), identityOf(edge, "dev"), oldIdentity]) {
      statuses.push((await call(edge, { identity, body: tokenReview("not a GitHub token") })).status);
    }
    await edge.stop();
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe("it does not start, and says why,", () => {
  it.each([[["--prot", "1"]], [["--cluster", "Prod=x.json"]], [["--port", "x"]], [["--var", "x"]], [["extra"]]])(
    "with %j: 2, and where help is",
    async (args) => {
      const { exitCode, stdout, stderr } = await runLocalEdge(args);
      expect(exitCode).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^octogate: .+\nTry: npm start -- --help\n$/);
    },
  );

  it("with a port that is in use: 1, and the port", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const address = squatter.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const ports = ["--port", `${port}`, "--sign-in-port", `${await freePort()}`];
    const { exitCode, stdout, stderr } = await runLocalEdge([...ports, "--state", join(folder, "in-use")]);
    squatter.close();
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(new RegExp(`^octogate: port ${port} is in use: .*leave it running; .*--port\n$`));
  });

  it.each([
    ["no-json.json", "{allow: anyone}", /no-json\.json: is no JSON/],
    ["kinds.json", { ...anyone, token_kinds: ["clasic"] }, /kinds\.json: token_kinds\[0\]: .*fine_grained, classic/],
    ["key.json", { ...anyone, tokenkinds: [] }, /key\.json: tokenkinds: .*token_kinds/],
  ])("with the policy file %s: 1, the file, the key and what is allowed", async (name, policy, says) => {
    const port = String(await freePort());
    const file = await policyFile(name, policy);
    const { exitCode, stdout, stderr } = await runLocalEdge([
      ...["--port", port, "--sign-in-port", String(await freePort()), "--state", join(folder, "refused")],
      ...["--cluster", `prod=${file}`],
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).toContain(file);
  });

  it("with a policy file that is not there: 1, and the file", async () => {
    const file = join(folder, "absent.json");
    const { exitCode, stderr } = await runLocalEdge(["--state", join(folder, "refused"), "--cluster", `prod=${file}`]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`octogate: ${file}: cannot be read: `);
  });

  it("with a variable that the Worker refuses: 1, its name, and not its value", async () => {
    const port = String(await freePort());
    const ports = ["--port", port, "--sign-in-port", String(await freePort())];
    const args = [...ports, "--state", join(folder, "refused"), "--var", "CACHE_SECRET=hunter2"];
    const { exitCode, stderr } = await runLocalEdge(args);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^octogate: --var CACHE_SECRET: /);
    expect(stderr).not.toContain("hunter2");
  });

  it("with a state folder that is a file: 1, and the folder", async () => {
    const file = await policyFile("a-file", "");
    const { exitCode, stderr } = await runLocalEdge(["--state", file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`octogate: ${file}: cannot be used as the state folder: `);
  });
});

it("--help explains the options and starts nothing", async () => {
  const { exitCode, stdout, stderr } = await runLocalEdge(["--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const option of ["--port", "--sign-in-port", "--state", "--github", "--cluster", "--client", "--var"])
    expect(stdout).toContain(option);
});
