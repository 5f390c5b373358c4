// The subjects of role bindings, in each form that a cluster has for the same people and groups.
import { describe, expect, test } from "vitest";
import { bindingSubject, type NameForm, type PolicyName } from "../../../../../src/cli/commands/manifests/names.ts";

const person: PolicyName = { kind: "User", prefix: "github:", name: "octocat:583231", subject: 583231 };
const team: PolicyName = { kind: "Group", prefix: "github:", name: "1234/55", subject: null };
const pool = "//iam.googleapis.com/locations/global/workforcePools/acme";

describe("a subject", () => {
  test.each<[NameForm, string, string]>([
    [{ kind: "policy" }, "github:octocat:583231", "github:1234/55"],
    [{ kind: "aks" }, "aks:jwt:github:octocat:583231", "aks:jwt:github:1234/55"],
    [{ kind: "gke", pool: "acme" }, `principal:${pool}/subject/583231`, `principalSet:${pool}/group/1234/55`],
  ])("in the form %j", (form, personName, teamName) => {
    const apiGroup = "rbac.authorization.k8s.io";
    expect(bindingSubject(person, form)).toEqual({ kind: "User", apiGroup, name: personName });
    expect(bindingSubject(team, form)).toEqual({ kind: "Group", apiGroup, name: teamName });
  });

  test("has no prefix of its own where the policy has none", () => {
    const [plain, aks] = [{ ...person, prefix: "" }, { kind: "aks" } as const];
    expect(bindingSubject(plain, { kind: "policy" }).name).toBe("octocat:583231");
    expect(bindingSubject(plain, aks).name).toBe("aks:jwt:octocat:583231");
  });
});
