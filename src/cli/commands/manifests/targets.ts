// What `octogate manifests --for` knows: a row for each way in which a cluster comes to trust Octogate.
import { Document, type Node } from "yaml";
import { extraMappings } from "../../../node/sign-in-files.ts";
import { celString } from "../../kubernetes/cel.ts";
import { featuresOf, type KubernetesRelease, releaseName } from "../../kubernetes/releases.ts";
import type { Fillings } from "./fill-in.ts";
import { aksPrefix, type NameForm } from "./names.ts";

/** What a row that trusts ID tokens may fill in from. */
export interface TrustedIssuer {
  /** ISSUER_URL. */
  readonly url: string;
  /** PEM of the authority that vouches for its address, where that is none of the public ones; else null. */
  readonly authority: string | null;
  /** The cluster's name: the audience of its tokens. */
  readonly cluster: string;
  /** Of the cluster's policy; may be empty. */
  readonly prefix: string;
}

interface Row {
  /** Folders of k8s/, each with this row's guide: `--distribution` chooses, and the first is the default. */
  readonly folders: readonly [string, ...string[]];
  readonly guide: string;
  /** Chapters of k8s/README.md that the guides refer to. */
  readonly chapters: readonly string[];
  /** What is worth reading before anything is done. */
  readonly note: string;
  /** How the cluster names people and groups. */
  readonly names: NameForm["kind"];
}

/** kube-apiserver asks Octogate about each token, with a client certificate. */
export interface WebhookTarget extends Row {
  readonly trust: "webhook";
}

/** The cluster verifies ID tokens itself, and nothing that goes into it is secret. */
export interface IdTokenTarget extends Row {
  readonly trust: "id-tokens";
  /** What is worth knowing where the cluster's release is not. */
  readonly notesWithoutRelease?: readonly string[];
  /** Beside what {@link issuerFillings} gives: what stands in angle brackets in this row's files. */
  readonly fill?: (issuer: TrustedIssuer) => Fillings;
  /** @returns why this does not fit; null: it does */
  readonly refuse?: (issuer: TrustedIssuer, release: KubernetesRelease | null) => Misfit | null;
}

export interface Misfit {
  readonly message: string;
  readonly hint: string;
}

export type Target = WebhookTarget | IdTokenTarget;

/** A target, and the folder of k8s/ that was chosen among its own. */
export interface ChosenTarget<T extends Target = Target> {
  readonly target: T;
  /** The value of --for. */
  readonly name: string;
  readonly folder: string;
}

const webhook = (folder: string): WebhookTarget => ({
  trust: "webhook",
  folders: [folder],
  guide: "README.md",
  chapters: ["If a webhook is set already", "Sign in"],
  note: "kube-apiserver knows one webhook for tokens: the first step looks whether one is set already.",
  names: "policy",
});

/** A service that takes an issuer by a call of its own. */
const service = (folder: string) =>
  ({
    trust: "id-tokens",
    folders: [folder],
    guide: "README.md",
    chapters: ["Sign in with a browser"],
    note: "No end-to-end test runs on this service: try it with a cluster on which nothing depends.",
    names: "policy",
  }) as const;

/** The ways to run a kube-apiserver of one's own; the first is any that has no guide of its own. */
const ownApiservers = ["kube-apiserver", "kubeadm", "k3s", "rke2", "talos", "kops"] as const;

const ownApiserver = {
  trust: "id-tokens",
  folders: ownApiservers,
  guide: "id-tokens.md",
  chapters: ["If an issuer is trusted already", "What kube-apiserver says", "Sign in with a browser"],
  note: "kube-apiserver reads one AuthenticationConfiguration, and none beside --oidc flags: the first step looks whether there is one already.",
  names: "policy",
} as const;

const rows = {
  kubeadm: webhook("kubeadm"),
  k3s: webhook("k3s"),
  rke2: webhook("rke2"),
  talos: webhook("talos"),
  kops: webhook("kops"),
  structured: {
    ...ownApiserver,
    notesWithoutRelease: [
      "The file is for Kubernetes 1.34 and later: with --kubernetes 1.33 it is the one that 1.30 to 1.33 read.",
    ],
    refuse: (_issuer, release) =>
      release === null || featuresOf(release).trust.kind === "structured"
        ? null
        : {
            message: `Kubernetes ${releaseName(release)} reads no AuthenticationConfiguration: it came with 1.30`,
            hint: "use --for flags",
          },
  },
  flags: {
    ...ownApiserver,
    refuse: ({ prefix }) =>
      allowsReservedNames(prefix)
        ? withoutRules("flags know", prefix, "give the cluster another prefix, or use --for structured")
        : null,
  },
  eks: {
    ...service("eks"),
    refuse: (issuer) => {
      const { prefix } = issuer;
      if (allowsReservedNames(prefix)) return withoutRules("EKS knows", prefix, "give the cluster another prefix");
      // https://docs.aws.amazon.com/eks/latest/APIReference/API_OidcIdentityProviderConfig.html
      if (/system:/i.test(prefix)) return { message: `EKS refuses the prefix ${prefix}`, hint: 'leave out "system:"' };
      return refuseAuthority(issuer);
    },
  },
  aks: {
    ...service("aks"),
    names: "aks",
    fill: ({ prefix }) => ({ PREFIX_IN_CEL: celString(aksPrefix + prefix), EXTRA: node(extraMappings()) }),
    refuse: (issuer, release) =>
      release === null || featuresOf(release).trust.kind === "structured"
        ? refuseAuthority(issuer)
        : {
            message: `AKS takes no issuer at ${releaseName(release)}: it does from 1.30 on`,
            hint: "upgrade the cluster",
          },
  },
  gke: { ...service("gke"), chapters: [], names: "gke", refuse: refuseAuthority },
  pinniped: {
    ...service("pinniped"),
    chapters: [],
    fill: (issuer) => ({ PREFIX_IN_CEL: celString(issuer.prefix), ISSUER_TLS: tlsOf(issuer) }),
  },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof rows;

export const targets: Readonly<Record<TargetName, Target>> = rows;
/** The values of --for. */
export const targetNames = Object.keys(rows) as readonly TargetName[]; // its own keys

/** Everything that --distribution may say. */
export const distributions: readonly string[] = ownApiservers;

/**
 * Whether names with this prefix can be Kubernetes' own where no rules refuse them: without a prefix, or behind one
 * that is the beginning of "system:", such as "s". An ID token names groups without the prefix.
 */
function allowsReservedNames(prefix: string): boolean {
  return "system:".startsWith(prefix);
}

function withoutRules(who: string, prefix: string, hint: string): Misfit {
  const message = `${who} no rules, so behind the prefix "${prefix}" a stolen signing key could name system:masters`;
  return { message, hint };
}

/** These fetch the keys from a public address, whose certificate the public authorities vouch for. */
function refuseAuthority({ authority }: TrustedIssuer): Misfit | null {
  if (authority === null) return null;
  return { message: "only takes a certificate of a public authority", hint: "leave out --issuer-ca" };
}

function tlsOf({ authority }: TrustedIssuer): Fillings[string] {
  return authority === null ? null : node({ certificateAuthorityData: Buffer.from(authority).toString("base64") });
}

function node(value: object): Node {
  return new Document().createNode(value);
}

/** @returns what the files of every row that trusts ID tokens may ask for */
export function issuerFillings({ url, authority, cluster, prefix }: TrustedIssuer): Fillings {
  return {
    ISSUER_URL: url,
    CLUSTER: cluster,
    PREFIX: prefix,
    "issuer-ca.crt": authority,
  };
}
