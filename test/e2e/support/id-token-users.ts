// Users of a cluster that verifies ID tokens: people who sign in, the same people by the webhook, and an attacker.
import { join } from "node:path";
import { expect } from "vitest";
import { credentialIdKey } from "../../identity/kube-apiserver.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Kubectl } from "./kubectl.ts";
import { releaseUnderTest } from "./needs.ts";
import { clusterName, type Octogate } from "./octogate.ts";
import { succeed } from "./roles.ts";
import { type SignInKubectl, signInKubectl } from "./sign-in-kubectl.ts";

/** A single request: before others kubectl asks what the cluster knows, up to five times. */
export const anyRead = ["get", "--raw", "/api"];
export const whoami = ["auth", "whoami", "-o", "json"];
export const unauthorized = "You must be logged in to the server";

/** Whether the release under test puts an ID token's own id into `extra` (kubernetes/kubernetes#126496). */
export const givesTokenId = () => releaseUnderTest().minor >= 32;

/** @returns what the release under test adds to the extra of an ID token's owner */
export function tokenIdInExtra(): Readonly<Record<string, unknown>> {
  return givesTokenId() ? { [credentialIdKey]: [expect.stringMatching(/^JTI=[\w-]{22}$/)] } : {};
}

/** @param cluster to which they sign in */
export function signIn(
  { stateDir, github }: Octogate,
  controlPlane: ControlPlane,
  person: string,
  cluster = clusterName,
): Promise<SignInKubectl> {
  const kubeconfig = join(stateDir, `${cluster}.user.kubeconfig`);
  return signInKubectl(controlPlane, { kubeconfig, person, githubWebUrl: github.webUrl });
}

/** kubectl of the maintainer, with a token that kube-apiserver asks the webhook about. */
export function webhookKubectl({ github, maintainer }: Octogate, controlPlane: ControlPlane): Promise<Kubectl> {
  const token = github.issueToken(maintainer, { kind: "classic", scopes: ["read:org"] });
  return controlPlane.kubectl.withGitHubToken(token);
}

/** @returns the person as kube-apiserver sees them */
export async function userOf(kubectl: Kubectl): Promise<Record<string, unknown>> {
  const review = JSON.parse(await succeed(kubectl, whoami)) as { status: { userInfo: Record<string, unknown> } }; // kube-apiserver's
  return review.status.userInfo;
}

/** What a token says whose owner is an administrator, where a cluster takes names as they are. */
export const masters = (octogate: Octogate) => ({
  iss: `https://localhost:${octogate.edge().signInPort}`,
  aud: clusterName,
  sub: "1",
  username: "system:admin",
  groups: ["system:masters"],
  preferred_username: "mallory",
  github_host: "github.com",
  credential_id: "GITHUBSHA256=",
  credential_kind: "app",
  door: "sign-in",
});

/** @returns an ID token of the maintainer for another cluster */
export async function tokenOfOtherCluster(octogate: Octogate, controlPlane: ControlPlane): Promise<string> {
  const { kubectl, idToken } = await signIn(octogate, controlPlane, octogate.maintainer.login, "other");
  await kubectl(anyRead);
  return idToken();
}

export async function expectUnauthorized(controlPlane: ControlPlane, token: string): Promise<void> {
  const { stderr, exitCode } = await (await controlPlane.kubectl.with({ token }))(anyRead);
  expect(stderr).toContain(unauthorized);
  expect(exitCode).toBe(1);
}
