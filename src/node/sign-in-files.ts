// Two files of k8s/, filled in: how kube-apiserver trusts the sign-in hostname, and how people sign in with kubelogin.
import { type Document, parseDocument, stringify } from "yaml";
import { readClusterFile } from "./kubeconfig.ts";

export interface SignInHost {
  /** ISSUER_URL. */
  readonly issuerUrl: string;
  /**
   * PEM, for an address with a certificate from an authority of its own, as the local edge has; and the file that
   * people have it in, or null where their kubeconfig has to hold it.
   */
  readonly authority: { readonly certificate: string; readonly file: string | null } | null;
}

/** What a kube-apiserver has to know of it. */
interface Issuer {
  readonly issuerUrl: string;
  readonly authority: { readonly certificate: string } | null;
}

/**
 * @param prefix of the cluster's policy
 * @param version of the file's form: Kubernetes 1.34 and later know v1, from 1.30 on v1beta1
 * @returns YAML, for --authentication-config
 */
export function authenticationConfiguration(
  host: Issuer,
  clusterName: string,
  prefix: string,
  version: "v1" | "v1beta1" = "v1",
): string {
  const document = parseDocument(readClusterFile("authentication-configuration.yaml"));
  document.set("apiVersion", `apiserver.config.k8s.io/${version}`);
  const issuer = ["jwt", 0, "issuer"];
  document.setIn([...issuer, "url"], host.issuerUrl);
  document.setIn([...issuer, "audiences", 0], clusterName);
  if (host.authority !== null) document.setIn([...issuer, "certificateAuthority"], host.authority.certificate);
  for (const claim of ["username", "groups"]) document.setIn(["jwt", 0, "claimMappings", claim, "prefix"], prefix);
  // A long value stays in its line.
  return document.toString({ lineWidth: 0 });
}

/** One entry of a user's `extra`, and the CEL expression that makes its value from the token's claims. */
export interface ExtraMapping {
  readonly key: string;
  readonly valueExpression: string;
}

/** @returns the entries of `extra` that a cluster takes from an ID token: for configurations of another form */
export function extraMappings(): readonly ExtraMapping[] {
  // Our own file.
  const { jwt } = parseDocument(readClusterFile("authentication-configuration.yaml")).toJS() as {
    jwt: [{ claimMappings: { extra: ExtraMapping[] } }];
  };
  return jwt[0].claimMappings.extra;
}

export interface KubernetesAccess {
  readonly name: string;
  readonly server: string;
  /** A path, which counts from the file's folder. */
  readonly authorityFile: string;
}

/** @returns YAML: a kubeconfig whose only user signs in with kubelogin */
export function signInKubeconfig(host: SignInHost, clusterName: string, cluster: KubernetesAccess): string {
  const document = signInDocument(host, clusterName);
  document.setIn(["clusters", 0], {
    name: cluster.name,
    cluster: { server: cluster.server, "certificate-authority": cluster.authorityFile },
  });
  document.setIn(["contexts", 0, "context", "cluster"], cluster.name);
  // Without the example's comments.
  return stringify(document.toJS(), { lineWidth: 0 });
}

/** What differs between people and machines. */
export interface KubeloginOptions {
  /**
   * How a person gets to the browser: kubelogin opens it, the person opens it elsewhere and leads kubelogin's port
   * there, or enters a code in any browser.
   */
  readonly browser: "opened" | "forwarded" | "device_code";
  /** Whether the tokens are kept in the system's keyring in place of a file. */
  readonly usesKeyring: boolean;
  /** Which of a person's accounts at GitHub; null: the one that the browser has. */
  readonly login: string | null;
}

const usualOptions: KubeloginOptions = { browser: "opened", usesKeyring: false, login: null };

/** @returns the entry of such a user, for a kubeconfig that has others as well */
export function signInUser(host: SignInHost, clusterName: string, options = usualOptions): Record<string, unknown> {
  return signInDocument(host, clusterName, options).toJS().users[0].user;
}

function signInDocument(host: SignInHost, clusterName: string, options = usualOptions): Document {
  const document = parseDocument(readClusterFile("sign-in-kubeconfig.yaml"));
  const args = ["users", 0, "user", "exec", "args"];
  document.setIn([...args, 2], `--oidc-issuer-url=${host.issuerUrl}`);
  document.setIn([...args, 3], `--oidc-client-id=${clusterName}`);
  for (const argument of [...authorityArguments(host), ...optionArguments(options)]) document.addIn(args, argument);
  return document;
}

function authorityArguments({ authority }: SignInHost): string[] {
  if (authority === null) return [];
  const { file, certificate } = authority;
  return file === null
    ? [`--certificate-authority-data=${Buffer.from(certificate).toString("base64")}`]
    : [`--certificate-authority=${file}`];
}

/** kubelogin's own options, as its release 1.36 has them. */
function optionArguments({ browser, usesKeyring, login }: KubeloginOptions): string[] {
  return [
    ...(browser === "device_code" ? ["--grant-type=device-code"] : []),
    ...(browser === "opened" ? [] : ["--skip-open-browser"]),
    ...(usesKeyring ? ["--token-cache-storage=keyring"] : []),
    ...(login === null ? [] : accountArguments(login, browser, usesKeyring)),
  ];
}

/**
 * kubelogin keeps one session for each set of issuer, client, authorities and (from 1.36 on, and not for device codes)
 * parameters of the sign-in: a second account needs something of its own among these, or another folder.
 */
function accountArguments(login: string, browser: KubeloginOptions["browser"], usesKeyring: boolean): string[] {
  return [
    ...(browser === "device_code" ? [] : [`--oidc-auth-request-extra-params=login_hint=${login}`]),
    ...(usesKeyring ? [] : [`--token-cache-dir=~/.kube/cache/oidc-login/${login}`]),
  ];
}
