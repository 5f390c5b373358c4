// The deployment and the people of the examples in docs/command.md: what the page shows is what the command says about
// them.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGitHubStandIn } from "../../../src/local/github/server.ts";
import { runCommand } from "../cli/support/command.ts";

const template = new URL("../../../wrangler.toml", import.meta.url);
const githubApiUrl = "https://api.github.com";

/** The lines in which the examples' wrangler.toml is not the repository's. */
export const exampleSettings = `workers_dev = true

[vars.CLUSTER_PRODUCTION]
allow = [
  "org:acme#1234",
  "team:acme/platform", # on call
  "user:octocat",
]`;

export interface CommandScene {
  /** @param line as the page writes it behind the prompt */
  run(line: string): Promise<string>;
  end(): Promise<void>;
}

export async function openScene(): Promise<CommandScene> {
  const github = await startGitHubStandIn();
  const octocat = github.addAccount({ login: "octocat", id: 583231 });
  const acme = github.addOrganisation({ login: "acme", id: 1234 });
  github.addMember(acme, octocat);
  github.addToTeam(github.addTeam(acme, { name: "Platform", id: 55 }), octocat);
  const token = github.issueToken(octocat, { kind: "classic", scopes: ["read:org"] });
  // Only an owner sees everybody whom a report lists.
  const owner = github.addAccount({ login: "mona", id: 4242 });
  github.addMember(acme, owner, { role: "admin" });
  github.addMember(acme, github.addAccount({ login: "hubot", id: 480938 }), { state: "pending" });
  const ownersToken = github.issueToken(owner, { kind: "classic", scopes: ["read:org"] });

  const folder = await mkdtemp(join(tmpdir(), "octogate-docs-"));
  const allow = exampleSettings.slice(exampleSettings.indexOf("allow"));
  const toml = (await readFile(template, "utf8"))
    .replace("<auth.example.com>", "auth.acme.dev")
    .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
    .replace("workers_dev = false", "workers_dev = true")
    .replace(/^allow = .*$/m, allow);
  await writeFile(join(folder, "wrangler.toml"), toml);

  const fetchFromStandIn: typeof fetch = (input, init) => {
    const url = String(input);
    if (!url.startsWith(githubApiUrl)) throw new Error(`the examples call GitHub only: ${url}`);
    return fetch(url.replace(githubApiUrl, github.url), init);
  };
  return {
    async run(line) {
      const [, variables = "", args = "", input] = /^(GITHUB_TOKEN=.*? )?octogate ([^<]+?)( < \S+)?$/.exec(line) ?? [];
      const printed = await runCommand(args.split(" "), {
        folder,
        env: variables === "" ? {} : { GITHUB_TOKEN: args.startsWith("report") ? ownersToken : token },
        fetch: fetchFromStandIn,
        stdin: input === undefined ? "" : token,
      });
      return withoutChance(printed.output);
    },
    async end() {
      await rm(folder, { recursive: true, force: true });
      await github.close();
    },
  };
}

/** What is another each time. */
export function withoutChance(output: string): string {
  return output
    .replace(/GITHUBSHA256=[A-Za-z0-9+/]{43}=/g, "GITHUBSHA256=…")
    .replace(/ +\d+ ms$/gm, "  12 ms")
    .replace(/\b[0-9a-f]{64}\b/g, "b96cc6…")
    .replace(/(?<=read from GitHub {2})\S+ to \S+/g, "2026-11-27T10:00:00Z to 2026-11-27T10:00:04Z")
    .trimEnd();
}
