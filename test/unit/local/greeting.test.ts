import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { type Greeting, greetingText } from "../../../src/local/greeting.ts";
import { stateFolderAt } from "../../../src/local/state-folder.ts";

const greeting: Greeting = {
  port: 8443,
  githubUrl: "http://127.0.0.1:9000",
  folder: stateFolderAt("/somewhere/.octogate"),
  clusterNames: ["local"],
  cast: [{ name: "admitted", shows: "authenticated as github:otto", token: "the-token-of-otto" }],
};

test("says for each address what it is for, and ends with the line that programs wait for", () => {
  const lines = greetingText(greeting).split("\n");
  expect(lines).toContain("  webhook        https://127.0.0.1:8443/authenticate (where a kube-apiserver sends tokens)");
  expect(lines).toContain("  GitHub         http://127.0.0.1:9000 (a stand-in on this machine)");
  const kubeconfig = "/somewhere/.octogate/local.kubeconfig (for --authentication-token-webhook-config-file)";
  expect(lines).toContain(`  cluster local  ${kubeconfig}`);
  expect(lines.at(-1)).toBe("octogate is ready");
});

test("no line begins as a decision does", () => {
  expect(greetingText(greeting)).not.toMatch(/^\{/m);
});

test("with a real GitHub it shows nobody, and asks for a token of one's own", () => {
  const text = greetingText({ ...greeting, githubUrl: "https://api.github.com", cast: [] });
  expect(text).toMatch(/^ {2}GitHub +https:\/\/api\.github\.com$/m);
  expect(text).toContain("a token of yours in GITHUB_TOKEN:");
  expect(text).not.toContain("Tokens, made for this run");
});

test("the page that it leads to is there", () => {
  const [page] = /docs\/[\w-]+\.md/.exec(greetingText(greeting)) ?? [];
  expect(page).toBeDefined();
  expect(existsSync(new URL(`../../../${page}`, import.meta.url))).toBe(true);
});
