// Tokens of service accounts, made by kube-apiserver itself.

import type { Kubectl } from "./kubectl.ts";
import { succeed } from "./roles.ts";

/**
 * A token of a service account in the namespace "default".
 * @param audience whom it is for; the default is kube-apiserver itself
 */
export async function serviceAccountToken(admin: Kubectl, name: string, audience?: string): Promise<string> {
  // Not `kubectl create token`: kubectl before 1.24 does not know it.
  const path = `/api/v1/namespaces/default/serviceaccounts/${name}/token`;
  const spec = audience === undefined ? {} : { audiences: [audience] };
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const answer = await succeed(admin, ["create", "--raw", path, "-f", "-"], JSON.stringify(request));
  const { status } = JSON.parse(answer) as { status: { token: string } }; // kube-apiserver's TokenRequest
  return status.token;
}
