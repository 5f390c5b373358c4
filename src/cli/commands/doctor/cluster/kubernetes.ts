// kube-apiserver itself: whether it answers, its release, and what that release can.
import type { HttpsResponse } from "../../../../node/https.ts";
import { featuresOf, parseRelease, type ReleaseFeatures } from "../../../kubernetes/releases.ts";
import { broken, type CheckResult, durationText, ok, printable } from "../check.ts";
import { isStatus, versionIn } from "./api.ts";

/** @param answer to a request for the version */
export function checkKubernetes(answer: HttpsResponse): CheckResult {
  if (answer.kind === "failed") {
    const hint = "the address and certificate-authority-data in the kubeconfig have to be those of this cluster";
    return broken(`cannot be reached: ${printable(answer.why)}`, hint);
  }
  const version = versionIn(answer);
  const after = durationText(answer.durationMs);
  if (version === null) {
    if (isStatus(answer)) return ok(`answers in ${after}, and tells its release only to people whom it knows`);
    return broken(
      `something else answers in its place: HTTP ${answer.status}`,
      "the address in the kubeconfig leads there",
    );
  }
  const release = parseRelease(version);
  const can = release === null ? "a release that is not known here" : `${abilitiesOf(featuresOf(release))}`;
  return ok(`${printable(version)} answers in ${after}; ${can}`);
}

function abilitiesOf({ trust, whoami }: ReleaseFeatures): string {
  const trusts =
    trust.kind === "structured"
      ? `trusts issuers by AuthenticationConfiguration ${trust.version}`
      : "trusts one issuer by --oidc-… flags, without uid and extra";
  return whoami ? trusts : `${trusts}; knows no kubectl auth whoami`;
}
