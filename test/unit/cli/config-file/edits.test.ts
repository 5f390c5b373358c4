import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as clusters from "../../../../src/cli/config-file/clusters.ts";
import * as edits from "../../../../src/cli/config-file/edits.ts";
import type { ConfigFile } from "../../../../src/cli/config-file/file.ts";
import { applyEdits, type Edit } from "../../../../src/cli/config-file/toml-edits.ts";
import { configFile } from "../support/config-file.ts";

/** @returns the same as a function of a text, which gives the edited text */
const onText =
  <T extends readonly unknown[]>(edit: (file: ConfigFile, ...args: T) => Edit[]) =>
  (text: string, ...args: T): string => {
    const file = configFile(text);
    return applyEdits(file, edit(file, ...args));
  };
const addFingerprint = onText(edits.addFingerprint);
const clearFingerprints = onText(edits.clearFingerprints);
const removePolicy = onText(edits.removePolicy);
const removeFingerprint = onText(edits.removeFingerprint);
const removeKvNamespaceId = onText(edits.removeKvNamespaceId);
const setCluster = onText(edits.setCluster);
const setHostname = onText(edits.setHostname);
const setKvNamespaceId = onText(edits.setKvNamespaceId);
const unsetHostname = onText(edits.unsetHostname);

const clusterVariablesIn = (text: string) => clusters.clusterVariablesIn(configFile(text));
const hostnameIn = (text: string) => clusters.hostnameOf(configFile(text).settings);
const kvNamespaceIdIn = (text: string) => clusters.kvNamespaceIdIn(configFile(text));
const listedFingerprints = (text: string) => clusters.listedFingerprints(configFile(text));
const readCluster = (text: string, variable: string) => clusters.readCluster(configFile(text), variable);

const shipped = readFileSync(new URL("../../../../wrangler.toml", import.meta.url), "utf8");
const [first, second] = ["a".repeat(64), "b".repeat(64)];
const cluster = (variable: string, fingerprint = first) => ({
  variable,
  fingerprint,
  allow: ["org:acme-inc"],
  tokenKinds: ["classic"],
});

describe("the file as it ships", () => {
  test("has an example in it that is no cluster yet", () => {
    expect(readCluster(shipped, "CLUSTER_PRODUCTION")?.isExample).toBe(true);
    expect(clusterVariablesIn(shipped)).toEqual([]);
  });

  test("comes back byte for byte once everything is undone", () => {
    const allow = ["org:<organisation>", "team:<organisation>/<team>", "user:<login>"];
    const tokenKinds = ["fine_grained", "classic"];
    const made = setKvNamespaceId(
      setCluster(setHostname(shipped, "auth.acme.dev"), { ...cluster("CLUSTER_PRODUCTION"), allow, tokenKinds }),
      "0123",
    );
    const grown = setCluster(made, cluster("CLUSTER_STAGING", second));
    const undone = removeKvNamespaceId(removePolicy(grown, "CLUSTER_STAGING"), "0123");
    expect(unsetHostname(removeFingerprint(undone, "CLUSTER_PRODUCTION", first), "auth.acme.dev")).toBe(shipped);
  });

  test("is the same after several edits at once as after one by one", () => {
    const file = configFile(shipped);
    const all = [
      ...edits.setHostname(file, "auth.acme.dev"),
      ...edits.setCluster(file, cluster("CLUSTER_ONE")),
      ...edits.setKvNamespaceId(file, "0123"),
    ];
    const byOne = setKvNamespaceId(setCluster(setHostname(shipped, "auth.acme.dev"), cluster("CLUSTER_ONE")), "0123");
    expect(applyEdits(file, all)).toBe(byOne);
  });

  test("gets all three in a file that has none of them", () => {
    const file = configFile('name = "octogate"');
    const text = applyEdits(file, [
      ...edits.setHostname(file, "auth.acme.dev"),
      ...edits.setCluster(file, cluster("CLUSTER_ONE")),
      ...edits.setKvNamespaceId(file, "0123"),
    ]);
    expect([hostnameIn(text), clusterVariablesIn(text), kvNamespaceIdIn(text)]).toEqual([
      "auth.acme.dev",
      ["CLUSTER_ONE"],
      "0123",
    ]);
  });

  test("has the line ends of Windows after an edit, where it had them before", () => {
    const windows = shipped.replaceAll("\n", "\r\n");
    const edited = setKvNamespaceId(setCluster(windows, cluster("CLUSTER_ONE")), "0123");
    expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
    expect(edited.replaceAll("\r\n", "\n")).toBe(setKvNamespaceId(setCluster(shipped, cluster("CLUSTER_ONE")), "0123"));
    expect(removePolicy(setCluster(edited, cluster("CLUSTER_TWO", second)), "CLUSTER_TWO")).toBe(edited);
  });

  test("keeps its comments whichever cluster is taken out", () => {
    const both = setCluster(setCluster(shipped, cluster("CLUSTER_ONE")), cluster("CLUSTER_TWO", second));
    const comments = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
    const inTable = /fingerprint of the cluster's|Who gets in|Which kinds of tokens|^# sign_in =/;
    expect(comments(removePolicy(both, "CLUSTER_TWO"))).toEqual(comments(both));
    const outside = comments(both).filter((line) => !inTable.test(line));
    expect(comments(removePolicy(both, "CLUSTER_ONE"))).toEqual(outside);
  });
});

describe("a file that an operator wrote in another form", () => {
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

  test("is read all the same", () => {
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
    expect(removePolicy(own, "CLUSTER_OTHER")).toBe(own);
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

  test("keeps what is no text in a list of certificates, and the places of the others", () => {
    const mixed = `[vars.CLUSTER_A]\nclient_certificates = ["${first}", 1, "${second}", 2]\n`;
    const third = "c".repeat(64);
    expect(addFingerprint(mixed, "CLUSTER_A", third)).toBe(mixed.replace(", 2]", `, 2, "${third}"]`));
    expect(removeFingerprint(mixed, "CLUSTER_A", second)).toBe(mixed.replace(`"${second}", `, ""));
  });

  test.each(["CLUSTER_INLINE", "CLUSTER_LINES"])("loses %s, and nothing else", (name) => {
    const edited = removePolicy(own, name);
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

describe("a list of certificates", () => {
  const third = "c".repeat(64);
  const withList = (list: string) => `[vars.CLUSTER_A]\nclient_certificates = ${list}\nallow = ["anyone"] # all\n`;

  test.each([
    `["${first}", "${second}"]`,
    `['${first}','${second}',]`,
    `[ # both\n  "${first}", # the first, and "others"\n  "${second}" # the second\n]`,
    `[\n  "${first}",\n  "${second}", # the second, ]\n  # the end\n]`,
    `["${first}", # the first\n  "${second}"]`,
  ])("loses each of its items and gets it back, whatever its form: %j", (list) => {
    const text = withList(list);
    for (const gone of [first, second]) {
      const removed = removeFingerprint(text, "CLUSTER_A", gone);
      expect(readCluster(removed, "CLUSTER_A")?.fingerprints).toEqual([first, second].filter((one) => one !== gone));
      expect(removed).toContain("# all");
      const back = addFingerprint(addFingerprint(removed, "CLUSTER_A", gone), "CLUSTER_A", third);
      expect(readCluster(back, "CLUSTER_A")?.fingerprints.toSorted()).toEqual([first, second, third].toSorted());
    }
    const none = removeFingerprint(removeFingerprint(text, "CLUSTER_A", first), "CLUSTER_A", second);
    expect(readCluster(none, "CLUSTER_A")).toEqual({ fingerprints: [], allow: ["anyone"], isExample: false });
    expect(readCluster(clearFingerprints(text, "CLUSTER_A"), "CLUSTER_A")?.fingerprints).toEqual([]);
    expect(readCluster(addFingerprint(none, "CLUSTER_A", third), "CLUSTER_A")?.fingerprints).toEqual([third]);
  });

  test("is made where the table has none", () => {
    const text = '[vars.CLUSTER_A] # ours\nallow = ["anyone"]\n[vars]\nCLUSTER_B = {}\n';
    for (const name of ["CLUSTER_A", "CLUSTER_B"]) {
      expect(readCluster(addFingerprint(text, name, first), name)?.fingerprints).toEqual([first]);
    }
  });
});

test("a table that is written in several places goes as a whole", () => {
  const text = `[vars.CLUSTER_A]\nallow = ["anyone"]\n\n# the limits\n[vars.CLUSTER_A.more]\nx = 1\n\n# others\n[vars.CLUSTER_B]\nallow = []\n`;
  expect(clusterVariablesIn(removePolicy(text, "CLUSTER_A"))).toEqual(["CLUSTER_B"]);
  expect(removePolicy(text, "CLUSTER_A")).toContain("# others");
});

test("what is written by dotted keys is left alone, with a hint at the form that can be changed", () => {
  const text = `[vars]\nCLUSTER_A.allow = ["anyone"]\n`;
  expect(() => addFingerprint(text, "CLUSTER_A", first)).toThrow("in a form that this command cannot change");
  expect(() => removePolicy(text, "CLUSTER_A")).toThrow("in a form that this command cannot change");
});
