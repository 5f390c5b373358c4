// The table of what differs between the webhook and ID tokens.
import { idTokenSeconds } from "../../src/worker/config/client-table.ts";
import { cacheTtlSeconds, outageGraceSeconds } from "../../src/worker/config/service.ts";
import { readClusterConfiguration } from "../support/cluster-files.ts";
import { tableOf } from "./markdown.ts";

/** kube-apiserver keeps every user that it has authenticated for so long (k8s.io/apiserver, token cache). */
const apiserverCacheSeconds = 10;

/** @returns the table as Markdown, for README.md */
export function doorsTable(): string {
  const [ttl, grace, life] = [cacheTtlSeconds.default, outageGraceSeconds.default, idTokenSeconds.default];
  const webhookCache = webhookCacheSeconds() + apiserverCacheSeconds;
  const link = (text: string, target: string) => `[${text}](docs/${target})`;
  return tableOf(
    ["", "webhook", "ID tokens"],
    [
      ["a person shows the cluster", "a GitHub token", "an ID token, for this cluster alone"],
      [
        "… and gets it",
        "at GitHub, by hand; it stays for as long as its owner lets it",
        `by a click in the browser, once in eight hours; each ID token ends after ${minutes(life)}`,
      ],
      ["a person installs", "nothing", link("kubelogin", "developers.md#in-the-browser")],
      [
        "who sees GitHub tokens",
        "kube-apiserver, Cloudflare, GitHub",
        "Cloudflare and GitHub; what is stolen at a cluster is of no use elsewhere",
      ],
      [
        `a person who has left is out within (${link("leavers", "caching.md#leavers")})`,
        `${minutes(ttl + webhookCache)}: \`CACHE_TTL_SECONDS\` + kube-apiserver's caches`,
        `${minutes(ttl + life + apiserverCacheSeconds)}: \`CACHE_TTL_SECONDS\` + the token's life + ${apiserverCacheSeconds} s`,
      ],
      [
        "… in an outage of GitHub",
        `${minutes(ttl + grace + webhookCache)}: and \`OUTAGE_GRACE_SECONDS\``,
        `${minutes(ttl + Math.max(grace, life) + apiserverCacheSeconds)}: with the longer of \`OUTAGE_GRACE_SECONDS\` and the token's life`,
      ],
      [
        "GitHub is down",
        "people at work stay in for the grace; no other person gets in",
        "the same at each refresh; no person signs in",
      ],
      [
        "Cloudflare is down",
        `all people are out after ${webhookCache} s`,
        `people at work stay in until their token ends, at most ${minutes(life)}; no person signs in`,
      ],
      [
        "the cluster needs",
        "three flags, a client certificate that is renewed once a year, a way to the internet",
        "a file or flags, a way to the internet for the public keys",
      ],
      ["Octogate needs", "one hostname with client certificates", "a second hostname, a GitHub App, a signing key"],
      [
        "Kubernetes",
        "1.20 and later, where kube-apiserver takes flags",
        "1.30 and later by a file; older ones by flags, without uid and extra; EKS, AKS and GKE",
      ],
      [
        "usernames, uid and groups",
        `the cluster's policy (${link("who gets in", "identity.md")})`,
        `the same, letter for letter; ${link("AKS and GKE have their own form", "identity.md#the-same-names-at-both-doors")}`,
      ],
      [
        "`extra` in the audit log",
        "login, GitHub's host, kind and id of the credential, organisations that are hidden",
        "the same without hidden organisations, and the id of the ID token",
      ],
      ["workflows show", "GitHub's own token for the job", "an ID token that they get in exchange for it"],
    ],
  );
}

function webhookCacheSeconds(): number {
  const flag = readClusterConfiguration().apiServer.extraArgs.find(({ name }) => name.endsWith("webhook-cache-ttl"));
  const [, seconds] = /^(\d+)s$/.exec(flag?.value ?? "") ?? [];
  if (seconds === undefined) throw new Error("k8s/kubeadm sets no cache of the webhook, in seconds");
  return Number(seconds);
}

/** @returns "12 minutes 10 s" */
function minutes(seconds: number): string {
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} minutes${rest === 0 ? "" : ` ${rest} s`}`;
}
