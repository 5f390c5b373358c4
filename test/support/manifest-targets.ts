// What `octogate manifests --for` takes, by the way in which a cluster then trusts Octogate.
import { targetNames, targets } from "../../src/cli/commands/manifests/targets.ts";

/** The ways to run a kube-apiserver of one's own that there is a webhook's guide for: the folders of k8s/. */
export const webhookTargets = targetNames.filter((name) => targets[name].trust === "webhook");
