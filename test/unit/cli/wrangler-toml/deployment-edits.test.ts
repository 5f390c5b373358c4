import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  addFingerprint,
  clusterVariablesIn,
  kvNamespaceIdIn,
  listedFingerprints,
  readCluster,
  removeCluster,
  removeFingerprint,
  removeKvNamespaceId,
  setCluster,
  setHostname,
  setKvNamespaceId,
  unsetHostname,
} from "../../../../src/cli/wrangler-toml/deployment-edits.ts";
import { hostnameOf, parseWranglerToml } from "../../../../src/cli/wrangler-toml/document.ts";

const shipped = readFileSync(new URL("../../../../wrangler.toml", import.meta.url), "utf8");
const [first, second] = ["a".repeat(64), "b".repeat(64)];
const cluster = (variable: string, fingerprint = first) => ({
  variable,
  fingerprint,
  allow: ["org:acme-inc"],
  tokenKinds: ["classic"],
});

function hostnameIn(text: string): string | null {
  const parsed = parseWranglerToml("wrangler.toml", text);
  return parsed.kind === "parsed" ? hostnameOf(parsed.document) : null;
}

describe("the file as it ships", () => {
  test("has an example in it that is nobody's cluster", () => {
    expect(readCluster(shipped, "CLUSTER_PRODUCTION")?.isExample).toBe(true);
    expect(clusterVariablesIn(shipped)).toEqual([]);
  });

  test("comes back byte for byte once everything is undone", () => {
    const allow = ["org:acme#1234", "team:acme/platform#55", "user:octocat#583231"];
    const tokenKinds = ["fine_grained", "classic"];
    const made = setKvNamespaceId(
      setCluster(setHostname(shipped, "auth.acme.dev"), { ...cluster("CLUSTER_PRODUCTION"), allow, tokenKinds }),
      "0123",
    );
    const grown = setCluster(made, cluster("CLUSTER_STAGING", second));
    const undone = removeKvNamespaceId(removeCluster(grown, "CLUSTER_STAGING"), "0123");
    expect(unsetHostname(removeFingerprint(undone, "CLUSTER_PRODUCTION", first), "auth.acme.dev")).toBe(shipped);
  });

  test("keeps its comments whichever cluster is taken out", () => {
    const both = setCluster(setCluster(shipped, cluster("CLUSTER_ONE")), cluster("CLUSTER_TWO", second));
    const comments = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
    const inTable = /fingerprint of the cluster's|Who gets in|Which kinds of tokens/;
    expect(comments(removeCluster(both, "CLUSTER_TWO"))).toEqual(comments(both));
    const outside = comments(both).filter((line) => !inTable.test(line));
    expect(comments(removeCluster(both, "CLUSTER_ONE"))).toEqual(outside);
  });
});

describe("a file that somebody wrote their own way", () => {
  const own = [
    'name = "sign-in"',
    'routes = [{ pattern = "auth.acme.dev", custom_domain = true }, "acme.dev/*"]',
    "[vars]",
    `CLUSTER_INLINE = { client_certificates = ["${first.toUpperCase()}"], allow = ["anyone"], token_kinds = ["classic"] }`,
    "",
    "[vars.CLUSTER_LINES] # ours",
    "client_certificates = [",
    `  "${second.match(/../g)?.join(":")}", # the first node's`,
    "]",
    'allow = ["user:mona"] # only her',
    'token_kinds = ["classic"]',
    "",
  ].join("\n");

  test("is read as it is meant", () => {
    expect(listedFingerprints(own)).toEqual(
      new Map([
        [first, "CLUSTER_INLINE"],
        [second, "CLUSTER_LINES"],
      ]),
    );
  });

  test("is left alone where nothing is to be done", () => {
    expect(setHostname(own, "auth.acme.dev")).toBe(own);
    expect(addFingerprint(own, "CLUSTER_LINES", second)).toBe(own);
    expect(setCluster(own, cluster("CLUSTER_INLINE"))).toBe(own);
    expect(removeFingerprint(own, "CLUSTER_LINES", first)).toBe(own);
    expect(removeCluster(own, "CLUSTER_OTHER")).toBe(own);
    expect(unsetHostname(own, "other.acme.dev")).toBe(own);
  });

  test.each(["CLUSTER_INLINE", "CLUSTER_LINES"])(
    "gets one more certificate for %s, and keeps policy and comments",
    (name) => {
      const third = "c".repeat(64);
      const edited = addFingerprint(own, name, third);
      expect(readCluster(edited, name)).toMatchObject({ allow: readCluster(own, name)?.allow });
      expect(readCluster(edited, name)?.fingerprints).toEqual([...(readCluster(own, name)?.fingerprints ?? []), third]);
      for (const comment of ["# ours", "# only her", "# the first node's"]) expect(edited).toContain(comment);
      expect(readCluster(removeFingerprint(edited, name, third), name)).toEqual(readCluster(own, name));
    },
  );

  test.each(["CLUSTER_INLINE", "CLUSTER_LINES"])("loses %s, and nothing else", (name) => {
    const edited = removeCluster(own, name);
    expect(clusterVariablesIn(edited)).toEqual(clusterVariablesIn(own).filter((other) => other !== name));
    expect(hostnameIn(edited)).toBe("auth.acme.dev");
  });

  test("gets a namespace where it has none, and a route where it has none", () => {
    expect(kvNamespaceIdIn(setKvNamespaceId(own, "0123"))).toBe("0123");
    expect(hostnameIn(setHostname('name = "sign-in"\n', "auth.acme.dev"))).toBe("auth.acme.dev");
  });

  test("has its placeholder route filled in whatever form it has", () => {
    const inline = 'name = "sign-in"\nroutes = [{ pattern = "<host>", custom_domain = true }]\n';
    expect(hostnameIn(setHostname(inline, "auth.acme.dev"))).toBe("auth.acme.dev");
  });
});
