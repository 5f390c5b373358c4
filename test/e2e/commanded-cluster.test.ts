// A cluster set up with what `octogate manifests --for kubeadm` and `octogate kubeconfig` print, from the first kubectl
// to a new client certificate.
import "reflect-metadata";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { readClusterFile } from "../support/cluster-files.ts";
import { commandsIn, examplesIn } from "../support/document-commands.ts";
import { openDocumentShell } from "../support/document-shell.ts";
import { createHttpClient } from "../support/http-client.ts";
import { until } from "../support/until.ts";
import { binary } from "./support/binaries.ts";
import { type CommandedCluster, startCommandedCluster } from "./support/commanded-cluster.ts";
import { decisionsFromHere } from "./support/decisions.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { needs } from "./support/needs.ts";
import {
  type ClientCertificate,
  type RedeployedOctogate,
  startRedeployedOctogate,
} from "./support/redeployed-octogate.ts";
import { loops, type ReviewLoad, startReviewLoad } from "./support/review-load.ts";
import { aggregateRole, succeed } from "./support/roles.ts";

const title = "a cluster set up with what the command prints";

const clusterName = "e2e";
/** kube-apiserver looks for replaced files every 5 minutes (client-go, CertCallbackRefreshDuration). */
const reloadMs = 5 * 60_000;
const slackMs = 60_000;
/** Reviews that have to succeed in each state of the rotation. */
const reviewsEach = 100;

describe(title, needs("a control plane"), () => {
  let people: People;
  let octogate: RedeployedOctogate;
  let firstCertificate: ClientCertificate;
  let cluster: CommandedCluster;
  beforeAll(async () => {
    octogate = await startRedeployedOctogate(clusterName, (github) => {
      people = addPeople(github);
      return people.allow;
    });
    firstCertificate = await octogate.issueClientCertificate(10);
    await octogate.deploy([firstCertificate]);
    cluster = await startCommandedCluster(octogate, clusterName, people.allow, firstCertificate);
  });
  afterAll(async () => {
    await cluster?.stop();
    await octogate?.stop();
  });

  function tokenOf(account: StandInAccount): string {
    return octogate.github.issueToken(account, { kind: "classic", scopes: ["read:org"] });
  }

  async function untilAllowed(kubectl: Kubectl, args: readonly string[]): Promise<void> {
    await until(async () => (await kubectl(args)).exitCode === 0, 20_000, `kubectl ${args.join(" ")} is allowed`);
  }

  test("both commands print the same kubeconfig", async () => {
    const inBundle = await readFile(join(cluster.bundle, "webhook-kubeconfig.yaml"), "utf8");
    expect(parse(inBundle.replaceAll("/etc/kubernetes/octogate", cluster.node))).toEqual(parse(cluster.kubeconfig));
  });

  test("whom no role binding names is Forbidden, by name", async () => {
    const [example, ...others] = examplesIn("k8s/README.md", "Afterwards");
    expect(others).toEqual([]);
    const [, ...args] = example?.command.split(" ") ?? [];
    const { login, id } = people.member;
    const kubectl = await cluster.controlPlane.kubectl.withGitHubToken(tokenOf(people.member));
    expect((await kubectl(args)).stderr).toBe(example?.output.replace("octocat:583231", `${login}:${id}`));
  });

  test("the operator signs in as the steps end, and kube-apiserver knows the operator's name", async () => {
    const { controlPlane } = cluster;
    const { login, id } = people.member;
    const shell = await openDocumentShell({ kubectl: `exec "${binary("kubectl")}" "$@"` });
    const KUBECONFIG = join(shell.folder, "kubeconfig");
    const here = `kubectl config set-cluster here --server=${controlPlane.url} --certificate-authority="${controlPlane.authorityFile}"
      kubectl config set-context here --cluster=here && kubectl config use-context here`;
    const [signIn = "", ...others] = commandsIn("k8s/README.md", "Sign in");
    expect(others).toEqual([]);
    // A terminal is where the operator pastes the token; here it is in a file.
    const pasted = signIn.replace("read -rs token", "read -rs token < pasted");
    await writeFile(join(shell.folder, "pasted"), `${tokenOf(people.member)}\n`);

    const { stdout } = await shell.run(`${here}\n${pasted}`, { env: { KUBECONFIG } });

    expect(stdout).toContain("Forbidden");
    expect(stdout).toContain(`User "github:${login}:${id}"`);
    expect((await stat(join(shell.folder, ".kube/github-token"))).mode & 0o777).toBe(0o600);
  });

  test("the printed role bindings pass a server-side dry run, let the policy's people in, and no others", async () => {
    const { controlPlane, bundle } = cluster;
    await aggregateRole(controlPlane.admin, "admin");
    const rbac = join(bundle, "rbac");
    const dryRun = await succeed(controlPlane.admin, ["apply", "--dry-run=server", `--kustomize=${rbac}`]);
    expect(dryRun.trimEnd().split("\n")).toEqual([
      "rolebinding.rbac.authorization.k8s.io/github-team-admin created (server dry run)",
      "clusterrolebinding.rbac.authorization.k8s.io/break-glass created (server dry run)",
      "clusterrolebinding.rbac.authorization.k8s.io/github-organisation-view created (server dry run)",
    ]);
    for (const name of ["edit-team", "view-cluster", "view-namespace"]) {
      await succeed(controlPlane.admin, ["apply", "--dry-run=server", `--filename=${join(rbac, `${name}.yaml`)}`]);
    }

    await succeed(controlPlane.admin, ["apply", `--kustomize=${rbac}`]);

    const member = await controlPlane.kubectl.withGitHubToken(tokenOf(people.member));
    const maintainer = await controlPlane.kubectl.withGitHubToken(tokenOf(people.maintainer));
    // Who is bound to what in a namespace is its administrators' business: not even `view` shows it.
    const administer = ["get", "rolebindings"];
    await untilAllowed(member, ["get", "pods", "--all-namespaces"]);
    expect((await member(administer)).stderr).toContain("Forbidden");
    await untilAllowed(maintainer, administer);
    expect((await maintainer([...administer, "--namespace=kube-system"])).stderr).toContain("Forbidden");
    const outsider = await controlPlane.kubectl.withGitHubToken(tokenOf(people.outsider));
    expect((await outsider(["get", "pods"])).stderr).toContain("must be logged in");
  });

  test("break-glass is a group that may do everything, and a certificate for it can be asked for", async () => {
    const { admin } = cluster.controlPlane;
    const mayDo = (group: string) => admin(["auth", "can-i", "*", "*", "--as=anyone", `--as-group=${group}`]);
    await until(async () => (await mayDo("break-glass:administrators")).exitCode === 0, 20_000, "break-glass is bound");
    expect((await mayDo("break-glass")).exitCode).toBe(1);

    const request = await Pkcs10CertificateRequestGenerator.create({
      name: "O=break-glass:administrators, CN=break-glass",
      keys: await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]),
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    });
    const base64 = Buffer.from(request.toString("pem")).toString("base64");
    const manifest = readClusterFile("rbac/break-glass-request.yaml").replace("<base64 of break-glass.csr>", base64);
    // Kubernetes before 1.22 knows no expirationSeconds.
    await succeed(admin, ["create", "--dry-run=server", "--validate=false", "--filename=-"], manifest);
  });

  test("the client certificate is replaced under load without a failed review", {
    timeout: reloadMs + 4 * slackMs,
    ...needs("five minutes"),
  }, async () => {
    const load = startReviewLoad(cluster.controlPlane, tokenOf(people.maintainer));
    const untilReviewed = async (count: number) => {
      const enough = load.reviews() + count;
      const isThere = () => load.reviews() >= enough || load.failures().length > 0;
      await until(isThere, slackMs, `${count} reviews more`);
      expect(load.failures()).toEqual([]);
    };
    try {
      await untilReviewed(reviewsEach);

      const secondCertificate = await octogate.issueClientCertificate(20);
      await octogate.deploy([firstCertificate, secondCertificate]);
      await untilReviewed(reviewsEach);

      await cluster.replaceClientCertificate(secondCertificate);
      await untilUsed(secondCertificate, load);
      const decisions = decisionsFromHere(octogate);
      await untilReviewed(reviewsEach);
      expect(new Set(decisions().map(({ certificateDaysLeft }) => certificateDaysLeft))).toEqual(new Set([20]));

      await octogate.deploy([secondCertificate]);
      await untilReviewed(reviewsEach);
      expect(await statusFor(firstCertificate)).toBe(403);
      // It is the body that is missing then, not the right to ask.
      expect(await statusFor(secondCertificate)).toBe(400);
    } finally {
      await load.stop();
    }
    const result = { reviews: load.reviews(), failures: load.failures(), cutOff: load.cutOff() };
    console.info(result);
    expect(result.failures).toEqual([]);
    // At one instant, and no more than were in flight.
    expect(result.cutOff).toBeLessThanOrEqual(loops);
  });

  /** Waits until kube-apiserver comes with a certificate, or something fails. */
  async function untilUsed({ daysLeft }: ClientCertificate, load: ReviewLoad): Promise<void> {
    let decisions = decisionsFromHere(octogate);
    const isUsed = () => {
      const latest = decisions();
      // Of thousands, each is looked at once.
      decisions = decisionsFromHere(octogate);
      return load.failures().length > 0 || latest.some(({ certificateDaysLeft }) => certificateDaysLeft === daysLeft);
    };
    await until(isUsed, reloadMs + slackMs, "kube-apiserver uses the new certificate");
  }

  /** What the edge answers to an empty review with a certificate. */
  async function statusFor({ certificate, privateKey }: ClientCertificate): Promise<number> {
    const ca = await readFile(octogate.authorityFile);
    const client = createHttpClient(`https://localhost:${octogate.port}`, { ca, cert: certificate, key: privateKey });
    try {
      const { status } = await client.send({ method: "POST", path: "/authenticate", headers: {} });
      return status;
    } finally {
      client.close();
    }
  }
});

type People = ReturnType<typeof addPeople>;

/** An organisation with a team, and the policy that lets the organisation in. */
function addPeople(github: GitHubStandIn) {
  const organisation = github.addOrganisation({ login: "Reef-Works" });
  const platform = github.addTeam(organisation, { name: "Platform" });
  const member = github.addAccount({ login: "olga-octopus" });
  const maintainer = github.addAccount({ login: "dario-dolphin" });
  const outsider = github.addAccount({ login: "tilda-tuna" });
  for (const account of [member, maintainer]) github.addMember(organisation, account);
  github.addToTeam(platform, maintainer);
  const allow = [
    `org:${organisation.login}#${organisation.id}`,
    `team:${organisation.login}/${platform.slug}#${platform.id}`,
    `user:${maintainer.login}#${maintainer.id}`,
  ];
  return { member, maintainer, outsider, allow };
}
