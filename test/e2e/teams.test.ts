// Access by organisation and team on a real cluster: role bindings to groups, by way of a parent team, and how it ends
// with the membership.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { readRbacExample } from "../support/cluster-files.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { decisionsFromHere, untilDecided } from "./support/decisions.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { needs } from "./support/needs.ts";
import { type Octogate, startOctogate } from "./support/octogate.ts";
import { succeed } from "./support/roles.ts";

const title = "access to a real cluster by organisation and team";

/** kube-apiserver's two caches, 10 seconds each with the flags of k8s/kubeadm, and some time to notice. */
const forgottenMs = 40_000;

describe(title, needs("a control plane"), () => {
  let world: World;
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    octogate = await startOctogate({
      // A removal is seen within it.
      variables: { CACHE_TTL_SECONDS: "5" },
      addTo: (github) => {
        world = addWorld(github);
        return [`org:${world.organisation.login}#${world.organisation.id}`];
      },
    });
    controlPlane = await startControlPlane(octogate.webhookKubeconfig);
    // As k8s/rbac/README.md says: everybody of the organisation may look, its team may change what runs in a namespace.
    const apply = ["apply", "--filename=-"];
    await succeed(controlPlane.admin, apply, readRbacExample("view-organisation", "Reef-Works"));
    await succeed(controlPlane.admin, apply, readRbacExample("edit-team", "Reef-Works/platform"));
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  async function kubectlOf(account: StandInAccount): Promise<Kubectl> {
    const token = octogate.github.issueToken(account, { kind: "classic", scopes: ["read:org"] });
    return controlPlane.kubectl.withGitHubToken(token);
  }

  const look = ["get", "pods", "--all-namespaces"];
  const change = (name: string) => ["create", "configmap", name];

  /** RBAC learns of a binding a little later than its author. */
  async function untilAllowed(kubectl: Kubectl, args: readonly string[]): Promise<void> {
    await until(async () => (await kubectl(args)).exitCode === 0, 20_000, `kubectl ${args.join(" ")} is allowed`);
  }

  /** @returns what kubectl says then */
  async function untilRefused(kubectl: Kubectl, args: () => readonly string[]): Promise<string> {
    const refusal = async () => {
      const { exitCode, stderr } = await kubectl(args());
      return exitCode !== 0 && stderr;
    };
    return until(refusal, forgottenMs, "kubectl is refused");
  }

  test("a member of the organisation may look, and is Forbidden the rest", async () => {
    const kubectl = await kubectlOf(world.member);
    await untilAllowed(kubectl, look);
    const { exitCode, stderr } = await kubectl(change("by-member"));
    expect(stderr).toContain(
      `User "github:${world.member.login}:${world.member.id}" cannot create resource "configmaps"`,
    );
    expect(exitCode).toBe(1);
  });

  test("a member of the team may change what runs in its namespace, and nowhere else", async () => {
    const kubectl = await kubectlOf(world.direct);
    await untilAllowed(kubectl, change("by-team"));
    const { stderr } = await kubectl([...change("by-team"), "--namespace=kube-system"]);
    expect(stderr).toContain('cannot create resource "configmaps" in API group "" in the namespace "kube-system"');
  });

  test("a member of a child team may do what its parent's may", async () => {
    const kubectl = await kubectlOf(world.child);
    await untilAllowed(kubectl, change("by-child-team"));
  });

  test("a member of another organisation's team of the same name is Unauthorized", async () => {
    const kubectl = await kubectlOf(world.outsider);
    const { exitCode, stderr } = await kubectl(look);
    expect(stderr).toContain("You must be logged in to the server");
    expect(exitCode).toBe(1);
  });

  test("an invited user is Unauthorized with the hint in kube-apiserver's log, and gets in once they accept", async () => {
    const { github } = octogate;
    const kubectl = await kubectlOf(world.invited);
    const log = controlPlane.logFromHere();
    expect((await kubectl(look)).stderr).toContain("You must be logged in to the server");
    await until(() => log().includes("invitation_pending: "), 10_000, "the reason is logged");

    github.addMember(world.organisation, world.invited);
    await untilAllowed(kubectl, look);
  });

  test("removed from the team means Forbidden, removed from the organisation means Unauthorized", async () => {
    const { github } = octogate;
    const { direct } = world;
    const kubectl = await kubectlOf(direct);
    await untilAllowed(kubectl, change("before"));
    github.removeFromTeam(world.platform, direct);
    let attempt = 0;
    const forbidden = await untilRefused(kubectl, () => {
      attempt += 1;
      return change(`after-${attempt}`);
    });
    expect(forbidden).toContain(`User "github:${direct.login}:${direct.id}" cannot create resource "configmaps"`);
    await succeed(kubectl, look);

    const decisions = decisionsFromHere(octogate.edge());
    github.removeMember(world.organisation, direct);
    expect(await untilRefused(kubectl, () => look)).toContain("You must be logged in to the server");
    expect(await untilDecided(decisions, ({ verdict }) => verdict === "unauthenticated")).toMatchObject({
      reason: "not_allowed",
    });
  });
});

type World = ReturnType<typeof addWorld>;

/** An organisation with a team and its child, and another with a team of the same name. */
function addWorld(github: GitHubStandIn) {
  const organisation = github.addOrganisation({ login: "Reef-Works" });
  const platform = github.addTeam(organisation, { name: "Platform" });
  const storage = github.addTeam(organisation, { name: "Storage", parent: platform });
  const other = github.addOrganisation({ login: "trench-labs" });
  const otherPlatform = github.addTeam(other, { name: "Platform" });

  const member = github.addAccount({ login: "olga-octopus" });
  const direct = github.addAccount({ login: "dario-dolphin" });
  const child = github.addAccount({ login: "clara-clam" });
  const invited = github.addAccount({ login: "ivo-isopod" });
  const outsider = github.addAccount({ login: "tilda-tuna" });
  for (const account of [member, direct, child]) github.addMember(organisation, account);
  github.addMember(organisation, invited, { state: "pending" });
  github.addMember(other, outsider);
  github.addToTeam(platform, direct);
  github.addToTeam(storage, child);
  github.addToTeam(otherPlatform, outsider);
  return { organisation, platform, member, direct, child, invited, outsider };
}
