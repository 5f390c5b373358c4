import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareWithPolicy,
  compareWithToken,
} from "../../../../../../src/cli/commands/doctor/cluster/compare-names.ts";
import type { IdTokenClaims } from "../../../../../../src/cli/commands/doctor/cluster/id-token.ts";
import type { ClusterPolicy } from "../../../../../../src/worker/config/cluster.ts";
import { readClusterPolicy } from "../../../../../../src/worker/config/cluster.ts";

function policyWith(more: object = {}): ClusterPolicy {
  const read = readClusterPolicy("CLUSTER_A", { sign_in: true, allow: ["org:acme#1234"], ...more });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

const claims: IdTokenClaims = {
  iss: "https://login.acme.dev",
  aud: "production",
  sub: "583231",
  exp: 0,
  username: "octocat:583231",
  groups: ["acme", "acme/platform"],
  preferred_username: "octocat",
};
const policy = policyWith();
const right = {
  username: "github:octocat:583231",
  groups: ["github:acme", "github:acme/platform", "system:authenticated"],
};

describe("the names that a cluster makes of an ID token", () => {
  test("are in order behind the policy's prefix, on AKS behind its own before that, and without a policy behind any", () => {
    expect(compareWithToken(right, claims, policy)).toEqual({
      state: "ok",
      seen: "the username and 2 groups are those of the token and the policy, behind github:",
    });
    const onAks = {
      username: `aks:jwt:${right.username}`,
      groups: right.groups.map((group) => (group.startsWith("system:") ? group : `aks:jwt:${group}`)),
    };
    expect(compareWithToken(onAks, claims, policy).state).toBe("ok");
    expect(compareWithToken(right, claims, null).state).toBe("ok");
  });

  test("are those of a workflow, too, which has no login", () => {
    const workflow = { ...claims, sub: "repository:1", username: "actions:acme/shop:1", groups: ["actions:acme/shop"] };
    const seen = { username: "github:actions:acme/shop:1", groups: ["github:actions:acme/shop"] };
    expect(compareWithToken(seen, workflow, policy).state).toBe("ok");
  });

  test.each([
    ["none", "octocat:583231"],
    ["kube-apiserver's default", "https://login.acme.dev#octocat:583231"],
    ["kube-apiserver's default, and its default claim", "https://login.acme.dev#583231"],
    ["none, by the default claim", "583231"],
  ])("fail with the prefix that is %s, whether there is a policy here or not", (_which, username) => {
    for (const known of [policy, policyWith({ prefix: "" }), null]) {
      const groups = ["acme", "acme/platform", "system:authenticated"];
      expect(compareWithToken({ username, groups }, claims, known)).toMatchObject({ state: "broken" });
      expect(compareWithToken({ username, groups: null }, claims, known)).toMatchObject({ state: "broken" });
    }
  });

  test("fail without a prefix for every form of usernames and every prefix of the policy", () => {
    const prefix = fc.stringMatching(/^[a-z]{0,8}:?$/).filter((text) => !text.startsWith("system:"));
    const username = fc.constantFrom("octocat", "583231", "octocat:583231");
    fc.assert(
      fc.property(prefix, username, (anyPrefix, name) => {
        const form = name === "octocat" ? "login" : name === "583231" ? "id" : "login:id";
        const seen = { username: name, groups: claims.groups };
        const known = policyWith({ prefix: anyPrefix, username: form });
        expect(compareWithToken(seen, { ...claims, username: name }, known).state).toBe("broken");
      }),
    );
  });

  test("fail where groups have no prefix, though the username has one", () => {
    const seen = { ...right, groups: ["github:acme", "acme/platform", "system:authenticated"] };
    const result = compareWithToken(seen, claims, null);
    expect(result).toMatchObject({ state: "broken", seen: "groups come without a prefix: acme/platform" });
  });

  test("fail where groups are missing, or others are there", () => {
    const without = compareWithToken({ ...right, groups: ["system:authenticated"] }, claims, policy);
    expect(without.seen).toBe("kube-apiserver does not put this person into github:acme, github:acme/platform");
    const more = compareWithToken({ ...right, groups: [...right.groups, "admins"] }, claims, policy);
    expect(more).toMatchObject({ state: "broken", seen: "kube-apiserver puts this person into admins" });
  });

  test("fail behind another prefix than the policy's, and by another claim", () => {
    const oidc = { username: "oidc:octocat:583231", groups: ["oidc:acme", "oidc:acme/platform"] };
    expect(compareWithToken(oidc, claims, policy).seen).toBe("the cluster's prefix is oidc:, the policy's github:");
    const byLogin = { ...right, username: "github:octocat" };
    expect(compareWithToken(byLogin, claims, policy)).toMatchObject({ state: "broken" });
  });

  test("fail where the policy here has another form of names than the one that was deployed", () => {
    const result = compareWithToken(right, claims, policyWith({ username: "login" }));
    expect(result).toMatchObject({
      state: "broken",
      seen: "the token calls this person octocat:583231, the policy in wrangler.toml octocat",
    });
  });

  test("are compared by the username alone where the cluster told no more", () => {
    expect(compareWithToken({ username: right.username, groups: null }, claims, policy)).toEqual({
      state: "ok",
      seen: "the username is that of the token and the policy, behind github:",
    });
  });

  test("cannot bring a control character to the terminal", () => {
    const { seen } = compareWithToken({ username: "\u001b[31mx", groups: [] }, claims, policy);
    expect(seen).not.toContain("\u001b");
  });
});

describe("the names that a cluster has from the webhook", () => {
  const user = { username: right.username, uid: "583231", groups: ["github:acme", "github:acme/platform"], extra: {} };
  const seen = { ...right, uid: "583231", extra: {} };

  test("are in order where they are the policy's", () => {
    expect(compareWithPolicy(seen, user, policy).state).toBe("ok");
  });

  test.each([
    { username: "github:octocat:1" },
    { uid: "1" },
    { groups: ["github:acme"] },
    { groups: [...right.groups, "github:acme/owners"] },
  ])("fail with %j", (other) => {
    expect(compareWithPolicy({ ...seen, ...other }, user, policy).state).toBe("broken");
  });

  test("fail without a prefix, though the policy says so", () => {
    const bare = { username: "octocat:583231", uid: "583231", groups: [], extra: {} };
    expect(compareWithPolicy(bare, bare, policyWith({ prefix: "" })).state).toBe("broken");
  });
});
