// What stands in k8s/, the folder of what goes into a cluster. The tests run on these very files, so that they can't
// rot.
import { globSync, readFileSync } from "node:fs";
import { parse } from "yaml";

const folder = new URL("../../k8s/", import.meta.url);

/** What kubeadm's ClusterConfiguration (v1beta4) says, as far as it is ours. */
export interface ClusterConfiguration {
  readonly apiVersion: string;
  readonly kind: string;
  readonly apiServer: {
    readonly extraArgs: readonly { readonly name: string; readonly value: string }[];
    readonly extraVolumes: readonly {
      readonly name: string;
      readonly hostPath: string;
      readonly mountPath: string;
      readonly readOnly: boolean;
      readonly pathType: string;
    }[];
  };
}

/** A user, in one of the ways that the tests use. */
export interface Credential {
  readonly "client-certificate"?: string;
  readonly "client-key"?: string;
  readonly tokenFile?: string;
  readonly token?: string;
  readonly "auth-provider"?: { readonly name: string; readonly config: Readonly<Record<string, string>> };
}

/** A kubeconfig with one cluster, one user and one context. */
export interface Kubeconfig {
  readonly clusters: [{ name: string; cluster: { server?: string; "certificate-authority"?: string } }];
  readonly users: [{ name: string; user: Credential }];
  readonly contexts: [{ name: string; context: { cluster: string; user: string } }];
  readonly "current-context": string;
}

/** @param name the path inside k8s/ */
export function readClusterFile(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** @returns every YAML file's path inside k8s/ */
export function clusterYamlFiles(): string[] {
  return globSync("**/*.yaml", { cwd: folder }).sort();
}

export function readClusterConfiguration(): ClusterConfiguration {
  // Our own file: the tests that use it fail if the shape is another one.
  return parse(readClusterFile("kubeadm/cluster-configuration.yaml")) as ClusterConfiguration;
}

/** @param text YAML */
export function parseKubeconfig(text: string): Kubeconfig {
  // Ours as well, or written by our own local edge.
  return parse(text) as Kubeconfig;
}

/**
 * The role bindings in k8s/rbac for people and workflows at GitHub, each with what stands in the place of whom it lets
 * in.
 */
export const rbacExamples = {
  "view-namespace": "LOGIN:ID",
  "view-cluster": "LOGIN:ID",
  "view-organisation": "<ORGANISATION>",
  "edit-team": "<ORGANISATION>/<TEAM>",
  "admin-team": "<ORGANISATION>/<TEAM>",
  "edit-workflow": "actions:<OWNER>/<REPOSITORY>/environments/<ENVIRONMENT>",
} as const;

export type RbacExample = keyof typeof rbacExamples;

/** An example in k8s/rbac, filled in. @param who the person, organisation or team, without the prefix */
export function readRbacExample(name: RbacExample, who: string): string {
  return readClusterFile(`rbac/${name}.yaml`).replaceAll(`github:${rbacExamples[name]}`, `github:${who}`);
}

/** The flag whose file lies elsewhere on a machine that runs tests. */
export const configFileFlag = "authentication-token-webhook-config-file";
