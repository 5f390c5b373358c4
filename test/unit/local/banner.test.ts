import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { type Banner, bannerText } from "../../../src/local/banner.ts";
import { addSampleUsers } from "../../../src/local/github/sample-users.ts";
import { stateFolderAt } from "../../../src/local/state-folder.ts";
import { start } from "./github/support.ts";

const banner: Banner = {
  port: 8443,
  githubUrl: "http://127.0.0.1:9000",
  folder: stateFolderAt("/home/otto-inkwell/octogate/.octogate"),
  clusterNames: ["local"],
  sampleUsers: [{ name: "admitted", shows: "authenticated as github:otto" }],
  signIn: null,
  isRemote: false,
};

const signIn = {
  issuerUrl: "https://localhost:8444",
  clusterName: "local",
  programUrl: "http://localhost:9001",
  githubWebUrl: "http://127.0.0.1:9002",
};

test("it says where everything is, and ends with the line that programs wait for", () => {
  const lines = bannerText(banner).split("\n");
  expect(lines.slice(0, 9)).toEqual([
    "  webhook        https://127.0.0.1:8443/authenticate",
    "  GitHub         http://127.0.0.1:9000 (a stand-in on this machine)",
    "  state          /home/otto-inkwell/octogate/.octogate",
    "  cluster local  /home/otto-inkwell/octogate/.octogate/local.kubeconfig",
    "                 for --authentication-token-webhook-config-file",
    "  users          /home/otto-inkwell/octogate/.octogate/kubeconfig",
    "                 for kubectl --user=NAME",
    "  command        /home/otto-inkwell/octogate/.octogate/wrangler.toml",
    "                 for octogate explain --config, and doctor",
  ]);
  expect(lines).toContain("  admitted  authenticated as github:otto");
  expect(lines.at(-1)).toBe("octogate is ready");
});

test("it fits a terminal of 80 columns, and holds no token", async () => {
  const { users } = addSampleUsers(await start());
  const text = bannerText({ ...banner, sampleUsers: users, signIn, isRemote: true });
  for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  for (const { name, token } of users) {
    expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(text).not.toContain(token);
  }
});

test("it leads to a first job of a workflow, in the state folder that it has", () => {
  const jobLine = (folder: string) =>
    bannerText({ ...banner, folder: stateFolderAt(folder) })
      .split("\n")
      .find((line) => line.includes("npm run job"));
  expect(jobLine(".octogate")).toBe("  npm run job");
  expect(jobLine("/tmp/a folder")).toBe("  npm run job -- --state '/tmp/a folder'");
  expect(bannerText({ ...banner, sampleUsers: [] })).not.toContain("npm run job");
});

test("it leads to a first sign-in, and says that the browser will warn", () => {
  const lines = bannerText({ ...banner, signIn }).split("\n");
  expect(lines).toContain("  sign-in        https://localhost:8444");
  expect(lines).toContain("                 /home/otto-inkwell/octogate/.octogate/local.authentication.yaml");
  expect(lines).toContain("                 /home/otto-inkwell/octogate/.octogate/local.user.kubeconfig");
  expect(lines).toContain("  http://localhost:9001");
  expect(lines.join(" ")).toMatch(/warn of the certificate of localhost:8444/);
  expect(lines.join(" ")).not.toContain("ssh");
});

test("over ssh it says how a browser elsewhere reaches each port", () => {
  expect(bannerText({ ...banner, signIn, isRemote: true })).toContain(
    [
      "  ssh -L 8444:127.0.0.1:8444 \\",
      "      -L 9001:127.0.0.1:9001 \\",
      "      -L 8000:127.0.0.1:8000 \\",
      "      -L 9002:127.0.0.1:9002 \\",
      "      THIS-MACHINE",
    ].join("\n"),
  );
});

test("no line begins as a decision does", () => {
  expect(bannerText(banner)).not.toMatch(/^\{/m);
});

test("with another GitHub it shows no users, and asks for a token of the reader's own", () => {
  const text = bannerText({ ...banner, githubUrl: "https://api.github.com", sampleUsers: [] });
  expect(text).toMatch(/^ {2}GitHub +https:\/\/api\.github\.com$/m);
  expect(text).toMatch(/a token of yours\s+in GITHUB_TOKEN:/);
  expect(text).not.toMatch(/sample users|kubectl --user/i);
});

test("the page that it leads to is there", () => {
  const [page] = /docs\/[\w-]+\.md/.exec(bannerText(banner)) ?? [];
  expect(page).toBeDefined();
  expect(existsSync(new URL(`../../../${page}`, import.meta.url))).toBe(true);
});
