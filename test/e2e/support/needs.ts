// What a test needs of this machine and of the release of Kubernetes under test. Where that is missing, the test is
// left out, and the reason stands in the terminal and in the table of releases.
import { dirname } from "node:path";
import {
  featuresOf,
  type KubernetesRelease,
  parseRelease,
  type ReleaseFeatures,
} from "../../../src/cli/kubernetes/releases.ts";
import { whyWithoutCiPrograms } from "../../support/ci-programs.ts";
import { binary, versionIn, whyMissing } from "./binaries.ts";
import { whyWithoutChromium } from "./chromium.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Why a test, or each test of a suite, is left out. */
    leftOut?: string;
  }
}

const whyWithoutControlPlane = whyMissing("etcd", "kube-apiserver", "kubectl");

/** vitest.config.ts sets it, where the newest release is under test as well. */
const isOlderRelease = process.env.OLDER_RELEASE !== undefined;

/** Why each can't be had here, or null if it can. */
const missing = {
  "a control plane": () => whyWithoutControlPlane,
  "structured authentication": () =>
    whyWithout(({ trust }) => trust.kind === "structured", "structured authentication begins with 1.30"),
  "structured authentication v1": () => whyWithout(readsV1, "`v1` of an AuthenticationConfiguration begins with 1.34"),
  "no structured authentication v1": () => whyWithout((features) => !readsV1(features), "`v1` is read from 1.34 on"),
  // The gate AnonymousAuthConfigurableEndpoints.
  "`anonymous` in the file": () =>
    whyWithout((_features, { minor }) => minor >= 32, "`anonymous` in an AuthenticationConfiguration begins with 1.32"),
  "kubectl auth whoami": () => whyWithout(({ whoami }) => whoami, "kubectl auth whoami begins with 1.28"),
  "no kubectl auth whoami": () => whyWithout(({ whoami }) => !whoami, "kubectl auth whoami is there from 1.28 on"),
  authdriver: () => onOlder("it has the client of one release") ?? whyMissing("authdriver"),
  "oauth2-proxy": () => onOlder("no kube-apiserver takes part") ?? whyMissing("oauth2-proxy"),
  "five minutes": () => onOlder("five minutes are waited for on the newest release alone"),
  Chromium: () => whyWithoutChromium,
  "the programs of a runner": () => whyWithoutCiPrograms,
} as const satisfies Readonly<Record<string, () => string | null>>;

/**
 * @param names of what a test needs, or each test of a suite
 * @returns the test's options: it is left out where one of them is missing
 */
export function needs(...names: readonly (keyof typeof missing)[]): { skip: boolean; meta: { leftOut?: string } } {
  for (const name of names) {
    const leftOut = missing[name]();
    if (leftOut === null) continue;
    console.warn(`LEFT OUT: ${leftOut}`);
    return { skip: true, meta: { leftOut } };
  }
  return { skip: false, meta: {} };
}

/** @returns the version of an AuthenticationConfiguration that the release under test reads */
export function structuredVersion(): "v1" | "v1beta1" {
  const { trust } = featuresUnderTest();
  if (trust.kind !== "structured") throw new Error("the release under test has no structured authentication");
  return trust.version;
}

/** @returns what the release under test can */
export function featuresUnderTest(): ReleaseFeatures {
  return featuresOf(releaseUnderTest());
}

export function releaseUnderTest(): KubernetesRelease {
  known ??= parseRelease(versionIn(dirname(binary("kube-apiserver")), "kube-apiserver"));
  if (known === null) throw new Error("kube-apiserver names no version");
  return known;
}

/** kube-apiserver is asked once. */
let known: KubernetesRelease | null = null;

function readsV1({ trust }: ReleaseFeatures): boolean {
  return trust.kind === "structured" && trust.version === "v1";
}

function whyWithout(
  isThere: (features: ReleaseFeatures, release: KubernetesRelease) => boolean,
  why: string,
): string | null {
  return whyWithoutControlPlane ?? (isThere(featuresUnderTest(), releaseUnderTest()) ? null : why);
}

/** @param why what was tried on the newest release is not tried again on an older one */
function onOlder(why: string): string | null {
  return isOlderRelease ? why : null;
}
