// The roles of a fresh control plane that has no controllers.
import type { Kubectl } from "./kubectl.ts";

/**
 * Makes a user an administrator.
 * @param bootstrap kubectl of a user in system:masters, to whom RBAC does not apply
 */
export async function bindAdministrator(bootstrap: Kubectl, user: string): Promise<void> {
  await succeed(bootstrap, ["create", "clusterrolebinding", "admin", "--clusterrole=cluster-admin", `--user=${user}`]);
}

/**
 * Fills a role, as kube-controller-manager does in a whole cluster: it is the sum of the roles with a certain label.
 */
export async function aggregateRole(admin: Kubectl, role: "view" | "edit" | "admin"): Promise<void> {
  const rules = await succeed(admin, ["get", "clusterrole", `system:aggregate-to-${role}`, "-o", "jsonpath={.rules}"]);
  await succeed(admin, ["patch", "clusterrole", role, "--type=merge", `--patch={"rules":${rules}}`]);
}

/** Runs kubectl where only success makes sense. @returns what it printed */
export async function succeed(kubectl: Kubectl, args: readonly string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await kubectl(args, stdin === undefined ? {} : { stdin });
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}
