// The files for services that take an issuer by a call of their own, as `octogate manifests` fills them in.
import { fillIn } from "../../src/cli/commands/manifests/fill-in.ts";
import { issuerFillings, type Target, type TrustedIssuer, targets } from "../../src/cli/commands/manifests/targets.ts";
import { readClusterFile } from "./cluster-files.ts";

/** Services with files of their own; each is a folder of k8s/ as well. */
export const services = ["eks", "aks", "gke", "pinniped"] as const;
export type Service = (typeof services)[number];

/** A cluster's issuer as it usually is: at a public address, with a prefix. */
export const usualIssuer: TrustedIssuer = {
  url: "https://login.acme.dev",
  authority: null,
  cluster: "production",
  prefix: "github:",
};

/** @param name of the file in the service's folder @returns its content, filled in */
export function serviceFile(service: Service, name: string, issuer: TrustedIssuer = usualIssuer): string {
  const target: Target = targets[service];
  const own = target.trust === "id-tokens" ? target.fill?.(issuer) : {};
  return fillIn(name, readClusterFile(`${service}/${name}`), { ...issuerFillings(issuer), ...own });
}

/** @returns why the service takes no such issuer, as the command says it; null: it does */
export function misfitOf(service: Service, issuer: TrustedIssuer): string | null {
  const target: Target = targets[service];
  return target.trust === "id-tokens" ? (target.refuse?.(issuer, null)?.message ?? null) : null;
}
