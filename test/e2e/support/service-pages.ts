// What the pages of managed services say about names and about kube-apiserver's log, and tokens to hold them to it.
import { codeInTable } from "../../support/markdown-tables.ts";

/** Claims of tokens whose names are those of the pages. */
export const claimsOf = {
  "a person": {
    sub: "583231",
    username: "octocat:583231",
    groups: ["acme", "acme/platform"],
    preferred_username: "octocat",
    github_host: "github.com",
    credential_id: "GITHUBSHA256=",
    credential_kind: "app",
    door: "sign-in",
  },
  "a workflow": {
    sub: "repository:9001",
    username: "actions:acme/shop:9001",
    groups: [
      "actions:acme/shop",
      "actions:acme/shop/environments/production",
      "actions:acme/shop/workflows/deploy.yml",
    ],
    preferred_username: "actions:acme/shop",
    github_host: "github.com",
    credential_id: "JTI=",
    credential_kind: "workflow",
    door: "sign-in",
    workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    run_id: "1",
    run_attempt: "1",
    sha: "0".repeat(40),
    event_name: "push",
    actor: "octocat",
  },
} as const;

/** Some of what a user's `extra` says of such a token. */
export const extraOf = {
  "a person": { "octogate.dev/login": ["octocat"], "octogate.dev/door": ["sign-in"] },
  "a workflow": { "octogate.dev/workflow-ref": [claimsOf["a workflow"].workflow_ref], "octogate.dev/run-id": ["1"] },
} as const;

/** @param page its path from the repository's root @returns the names that it gives to the owner of such a token */
export function namesOn(page: string, who: keyof typeof claimsOf): { username: string; groups: string[] } {
  const row = codeInTable(page, "Names").find(({ first }) => first === who);
  const [, [username = ""] = [], groups = []] = row?.code ?? [];
  return { username, groups };
}

/** What a page says that kube-apiserver says, where people are not let in. */
export function quotesOf(page: string): string[] {
  if (page.startsWith("k8s/pinniped/")) return [];
  return codeInTable(page, "When people are not let in").flatMap(({ code }) => code[0] ?? []);
}
