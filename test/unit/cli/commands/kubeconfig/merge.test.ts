import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, parseDocument, stringify } from "yaml";
import type { PeopleEntry } from "../../../../../src/cli/commands/kubeconfig/entries.ts";
import { mergeKubeconfig } from "../../../../../src/cli/commands/kubeconfig/merge.ts";
import { signInUser } from "../../../../../src/node/sign-in-files.ts";

const host = { issuerUrl: "https://login.acme.dev", authority: null };

function entryFor(name: string, server = `https://${name}.acme.dev`): PeopleEntry {
  const user = `github@${name}`;
  return {
    cluster: { name, cluster: { server, "certificate-authority-data": "QUNNRQ==" } },
    user: { name: user, user: signInUser(host, name) },
    context: { name, context: { cluster: name, user } },
    source: "",
  };
}

const production = entryFor("production");

interface Kubeconfig {
  readonly clusters: readonly { name: string; cluster: Record<string, unknown> }[];
  readonly users: readonly { name: string; user: { exec: Record<string, unknown> } & Record<string, unknown> }[];
  readonly contexts: readonly { name: string; context: Record<string, unknown> }[];
  readonly "current-context"?: string;
}

/** As kubectl reads it: YAML 1.1. */
function readAsKubectl(text: string): Kubeconfig {
  return parse(text, { version: "1.1" }) as Kubeconfig; // of the test's own files
}

/** @returns the merged text; fails where there is none */
function merged(text: string, entries: readonly PeopleEntry[] = [production]): string {
  const outcome = mergeKubeconfig(text, entries);
  if (outcome.kind !== "merged" || outcome.text === null) throw new Error(JSON.stringify(outcome));
  return outcome.text;
}

const own = `# my clusters
apiVersion: v1
kind: Config
preferences: {colors: true} # keep
clusters:
- cluster:
    server: https://old.example # of 2019
    insecure-skip-tls-verify: yes
    extensions: [{name: x, extension: {last-update: 2026-01-02}}]
  name: old
contexts:
- context: {cluster: old, user: me, namespace: 007}
  name: old
current-context: old
users:
- name: me
  user: {token: 0123}
`;

describe("a merge into a kubeconfig", () => {
  test("adds cluster, user and context, and leaves everything else as it is, with its comments and its spelling", () => {
    const text = merged(own);
    for (const kept of [
      "# my clusters",
      "# keep",
      "# of 2019",
      "skip-tls-verify: yes",
      "namespace: 007",
      "token: 0123",
    ]) {
      expect(text).toContain(kept);
    }
    expect(text).toContain("last-update: 2026-01-02");
    const [before, after] = [readAsKubectl(own), readAsKubectl(text)];
    expect(after["current-context"]).toBe("old");
    expect(after.clusters).toEqual([...before.clusters, production.cluster]);
    expect(after.users).toEqual([...before.users, production.user]);
    expect(after.contexts).toEqual([...before.contexts, production.context]);
  });

  test("makes a whole kubeconfig where there is none, and where a file has comments or empty lists alone", () => {
    for (const text of ["", "\n", "# nothing yet\n", "clusters: null\nusers: ~\ncontexts:\n", "clusters: []\n"]) {
      const after = readAsKubectl(merged(text));
      expect(after).toMatchObject({ clusters: [production.cluster], contexts: [production.context] });
    }
    expect(merged("# nothing yet\n")).toMatch(/^# nothing yet\n/);
    expect(readAsKubectl(merged(""))).toMatchObject({ apiVersion: "v1", kind: "Config" });
  });

  test("takes JSON, which is YAML", () => {
    const json = JSON.stringify(readAsKubectl(own).users);
    const after = readAsKubectl(merged(`{"apiVersion": "v1", "kind": "Config", "users": ${json}}`));
    expect(after.users).toEqual([...readAsKubectl(own).users, production.user]);
  });

  test("changes nothing the second time", () => {
    expect(mergeKubeconfig(merged(own), [production])).toEqual({ kind: "merged", text: null });
  });

  test("brings its own earlier entries up to date, and keeps what a person added to them", () => {
    const added = merged(own)
      .replace(
        "interactiveMode:",
        "env:\n      - name: HTTPS_PROXY\n        value: http://proxy\n      interactiveMode:",
      )
      .replace(/( *)user: github@production\n/, "$&$1namespace: shop\n");
    const renewed = { ...production.cluster.cluster, "certificate-authority-data": "TkVX" };
    const entry = { ...production, cluster: { name: "production", cluster: renewed } };
    const after = readAsKubectl(merged(added, [entry]));
    expect(after.clusters.at(-1)).toEqual(entry.cluster);
    expect(after.users.at(-1)?.user.exec.env).toEqual([{ name: "HTTPS_PROXY", value: "http://proxy" }]);
    expect(after.contexts.at(-1)?.context).toMatchObject({ namespace: "shop" });
  });

  test("leaves no other authority, and no order to trust any server, beside its own", () => {
    const text = `clusters:\n- name: production\n  cluster: {server: "${production.cluster.cluster.server}", insecure-skip-tls-verify: true, certificate-authority: old.crt}\n`;
    expect(readAsKubectl(merged(text)).clusters).toEqual([production.cluster]);
  });

  test.each([
    ["cluster", `clusters:\n- name: production\n  cluster: {server: "https://other.example"}\n`],
    ["user", "users:\n- name: github@production\n  user: {token: abc}\n"],
    ["context", "contexts:\n- name: production\n  context: {cluster: production, user: admin}\n"],
  ] as const)("names a %s that stands for something else under its name, and changes nothing", (kind, text) => {
    const name = kind === "user" ? "github@production" : "production";
    expect(mergeKubeconfig(text, [production])).toEqual({ kind: "taken", names: [{ kind, name }] });
  });

  test("takes no user of another cluster's sign-in for its own", () => {
    const text = stringify({ users: [{ name: "github@production", user: signInUser(host, "staging") }] });
    expect(mergeKubeconfig(text, [production])).toMatchObject({ kind: "taken" });
  });

  test.each(["- a", "a string", "clusters: {a: b}", "users: text", "clusters: [", "a: 1\na: 2", "--- a\n--- b"])(
    "refuses what is no kubeconfig: %j",
    (text) => {
      expect(mergeKubeconfig(text, [production]).kind).toBe("unreadable");
    },
  );

  test("refuses to replace what another entry refers to", () => {
    const { server } = production.cluster.cluster;
    const text = `clusters:\n- name: production\n  cluster: {server: "${server}", certificate-authority: &ca old.crt}\n- name: b\n  cluster: {server: x, certificate-authority: *ca}\n`;
    expect(mergeKubeconfig(text, [production])).toMatchObject({ kind: "unreadable" });
  });

  test("quotes nothing of a file that it cannot read: a token may stand there", () => {
    const outcome = mergeKubeconfig("users: [{name: me, user: {token: very-secret", [production]);
    expect(JSON.stringify(outcome)).not.toContain("very-secret");
  });

  test.each(["on", "yes", "null", "y", "n", "true", "no"])(
    "writes the name %s so that kubectl reads a text",
    (name) => {
      const after = readAsKubectl(merged("", [entryFor(name)]));
      expect(after.clusters[0]?.name).toBe(name);
      expect(after.contexts[0]).toEqual({ name, context: { cluster: name, user: `github@${name}` } });
    },
  );

  test("keeps every other entry of every kubeconfig", () => {
    const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !/^(?:github@)?production$/.test(text));
    const content = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 12 }));
    const list = (key: string) =>
      fc.uniqueArray(fc.record({ name, [key]: content }), { maxLength: 3, selector: (entry) => entry.name });
    const file = fc.record({ clusters: list("cluster"), users: list("user"), contexts: list("context") });
    fc.assert(
      fc.property(file, (kubeconfig) => {
        const after: unknown = parseDocument(merged(stringify(kubeconfig))).toJS();
        expect(after).toEqual({
          clusters: [...kubeconfig.clusters, production.cluster],
          users: [...kubeconfig.users, production.user],
          contexts: [...kubeconfig.contexts, production.context],
        });
      }),
    );
  });
});
