// What a release of Kubernetes can: the versions as programs write them, and the releases at which something began.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { featuresOf, parseRelease, releaseName } from "../../../../src/cli/kubernetes/releases.ts";

const structured = (version: string) => ({ kind: "structured", version });
const byFlags = { kind: "flags" };

describe("a release of Kubernetes", () => {
  test.each([
    ["1.20", byFlags, false, "v1beta1"],
    ["1.21", byFlags, false, "v1beta1"],
    ["1.22", byFlags, false, "v1"],
    ["1.27", byFlags, false, "v1"],
    ["1.28", byFlags, true, "v1"],
    // Its v1alpha1 is off by default.
    ["1.29", byFlags, true, "v1"],
    ["1.30", structured("v1beta1"), true, "v1"],
    ["1.33", structured("v1beta1"), true, "v1"],
    ["1.34", structured("v1"), true, "v1"],
    ["1.37", structured("v1"), true, "v1"],
  ])("%s trusts ID tokens as it can, and knows whoami and credential plugins or not", (text, ...expected) => {
    const [trust, whoami, execCredential] = expected;
    const release = parseRelease(text);
    if (release === null) throw new Error(`${text} is no version`);
    expect(featuresOf(release)).toEqual({ trust, whoami, execCredential });
  });

  test("a later one can do all that an earlier one can", () => {
    const rank = { flags: 0, v1beta1: 1, v1: 2 } as const;
    const features = (minor: number) => {
      const { trust, whoami, execCredential } = featuresOf({ minor });
      return [rank[trust.kind === "flags" ? "flags" : trust.version], Number(whoami), rank[execCredential]];
    };
    const minor = fc.nat({ max: 200 });
    fc.assert(
      fc.property(minor, minor, (one, other) => {
        const earlier = features(Math.min(one, other));
        const later = features(Math.max(one, other));
        expect(later.every((value, index) => value >= (earlier[index] ?? 0))).toBe(true);
      }),
    );
  });
});

describe("a version", () => {
  test.each([
    ["1.30", "1.30"],
    ["v1.30.14", "1.30"],
    ["v1.33.2-eks-1234567", "1.33"],
    ["v1.31.5-gke.1023000", "1.31"],
    ["v1.32.1+k3s1", "1.32"],
    ["v1.30.3+rke2r1", "1.30"],
    ["1.30+", "1.30"],
    [" v1.37.0-alpha.1\n", "1.37"],
  ])("is read as programs write it: %j", (text, name) => {
    const release = parseRelease(text);
    expect(release === null ? null : releaseName(release)).toBe(name);
  });

  test.each(["", "1", "v1", "1.", "30", "latest", "2.0", "1.30; rm", "1.30 or so", "11.30", "1.3000", "1.x"])(
    "is nothing else: %j",
    (text) => {
      expect(parseRelease(text)).toBeNull();
    },
  );

  test("is the same, whatever stands behind its first two numbers", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 200 }),
        fc.stringMatching(/^(?:\.\d{1,3}(?:[+-][0-9a-z.]{1,20})?)?$/),
        (minor, rest) => {
          expect(parseRelease(`v1.${minor}${rest}`)).toEqual({ minor });
        },
      ),
    );
  });
});
