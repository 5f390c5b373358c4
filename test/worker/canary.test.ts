// A token goes everywhere that a token can go, in every way in which it can get there. Then it is looked for, and for
// any 12 characters of it: in every answer, every line of the log and every file of the state folder, KV's among them.
// What GitHub answers in every mood is answered about a token of its own: a known one is not asked about again.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../src/local/github/faults.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../src/local/github/server.ts";
import { makeToken } from "../../src/local/github/token.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { identityOf, tokenReview } from "../support/edge-client.ts";
import { brokenGitHubCases, githubCases, slowGitHubCases } from "../support/github-cases.ts";
import { echoesOf } from "../support/github-echoes.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { accountOf, listedClientId, mona } from "../support/people.ts";
import { callRaw, requestBytes } from "../support/raw-edge-call.ts";
import { isThorough } from "../support/thoroughness.ts";
import { carriersOf } from "../support/token-carriers.ts";
import { filesIn, findPieces, minPieceLength, type Output } from "../support/token-search.ts";

const kinds = ["classic", "fine_grained", "app"] as const;
const token = { classic: makeToken("classic"), fine_grained: makeToken("fine_grained"), app: makeToken("app") };
/** Those first, and then every further one. */
const tokens: string[] = Object.values(token);
const furtherTokens = new Map<string, (typeof kinds)[number]>();

const open = { allow: ["anyone"], token_kinds: kinds, oauth_clients: [listedClientId] };
/** Each comes to another verdict, as far as the policy has a say. */
const policies = {
  open,
  // A cluster may have 300 never-seen tokens a minute, so each kind's moods have their own.
  "moods-of-classic": open,
  "moods-of-fine-grained": open,
  "moods-of-app": open,
  "without-clients": { allow: ["anyone"], token_kinds: kinds },
  outsiders: { allow: ["user:another#1"], token_kinds: kinds },
  "denied-person": { allow: ["anyone"], deny: [`user:mona-lisa#${mona.id}`], token_kinds: kinds },
  "denied-tokens": { allow: ["anyone"], deny: tokens.map((it) => `token:${credentialIdOf(it)}`), token_kinds: kinds },
  unwelcome: { allow: ["anyone"], token_kinds: ["legacy"] },
};

let folder = "";
let github: GitHubStandIn;
let edge: LocalEdge;
const answers: Output[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate-canary-"));
  // The canary shall come to its verdicts, and not to the end of its quota.
  github = await startGitHubStandIn({ userLimit: 1_000_000, anonymousLimit: 1_000_000 });
  for (const kind of kinds) issue(kind, token[kind]);
  const clusters = Object.entries(policies).map(async ([name, policy]) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify(policy));
    return ["--cluster", `${name}=${path}`];
  });
  const args = ["--github", github.url, ...(await Promise.all(clusters)).flat()];
  edge = await startLocalEdge({ args, stateDir: join(folder, "state") });
});

afterAll(async () => {
  await edge?.stop();
  await github?.close();
  await rm(folder, { recursive: true, force: true });
});

function issue(kind: (typeof kinds)[number], it = makeToken(kind)): string {
  const oauth = kind === "app" ? { oauthClientId: listedClientId } : {};
  return github.issueToken(accountOf(github, mona), { kind, token: it, ...oauth });
}

/** A token that is sent for the first time. */
function further(kind: (typeof kinds)[number]): string {
  const it = issue(kind);
  tokens.push(it);
  furtherTokens.set(it, kind);
  return it;
}

async function send(
  name: string,
  bytes: Uint8Array,
  cluster: keyof typeof policies | null = "open",
  hangUp = false,
): Promise<string> {
  const answer = await callRaw(edge, cluster === null ? null : identityOf(edge, cluster), bytes, hangUp);
  answers.push({ name: `the answer to ${name}`, bytes: answer });
  return answer.toString("latin1");
}

const reviewBytes = (it: string) => requestBytes({ body: tokenReview(it) });

const moodsOf = { classic: "moods-of-classic", fine_grained: "moods-of-fine-grained", app: "moods-of-app" } as const;

async function reviewUnder(name: string, kind: (typeof kinds)[number], faultFor: (it: string) => Fault | null) {
  const it = further(kind);
  github.setFault(it, faultFor(it));
  await send(name, reviewBytes(it), moodsOf[kind]);
  github.setFault(it, null);
}

describe.each(kinds)("a %s token is sent", (kind) => {
  const it = token[kind];
  /** Outside of CI, each mood of GitHub meets a token of one kind. */
  const turn = kinds.indexOf(kind);

  test("to clusters of every opinion", async () => {
    for (const cluster of Object.keys(policies) as (keyof typeof policies)[]) {
      expect(await send(`a review in ${cluster}`, reviewBytes(it), cluster)).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  test("without a certificate", async () => {
    expect(await send("a review without a certificate", reviewBytes(it), null)).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("in every place of a request where it does not belong", async () => {
    for (const { name, bytes, hangUp } of carriersOf(it)) {
      expect(await send(name, bytes, "open", hangUp)).toMatch(/^HTTP\/1\.1 (?!401|500)\d{3} /);
      expect(await send(`${name}, uncertified`, bytes, null, hangUp)).toMatch(/^HTTP\/1\.1 (?!401|500)\d{3} /);
    }
  });

  test("to a GitHub that repeats it", async () => {
    for (const [index, { kind: name }] of echoesOf(it).entries()) {
      await reviewUnder(`${name} ${index}`, kind, (further) => echoesOf(further)[index] ?? null);
    }
  });

  test("to a GitHub in every mood", async () => {
    const moods = [...githubCases, ...brokenGitHubCases];
    for (const { name, fault } of moods.filter((_, index) => isThorough || index % kinds.length === turn)) {
      await reviewUnder(name, kind, () => fault);
    }
  });
});

test("all of them are sent to a GitHub that keeps them waiting", async () => {
  await Promise.all(
    kinds.flatMap((kind) => slowGitHubCases.map(({ name, fault }) => reviewUnder(name, kind, () => fault))),
  );
});

test("all of them are sent after they were revoked", async () => {
  for (const it of [...Object.values(token), ...kinds.map(further)]) {
    github.revokeToken(it);
    await send("a review of a revoked token", reviewBytes(it));
  }
});

describe("afterwards, with the edge ended,", () => {
  let outputs: Output[] = [];

  beforeAll(async () => {
    await edge.stop();
    outputs = [
      { name: "stdout", bytes: edge.stdout() },
      { name: "stderr", bytes: edge.stderr() },
      ...answers,
      ...filesIn(edge.stateDir),
    ];
  });

  test("no piece of a token is found anywhere", () => {
    expect(findPieces(tokens, outputs)).toEqual([]);
  });

  test("the tokens have been everywhere: GitHub has seen them, and every verdict is in the log", () => {
    for (const it of Object.values(token)) {
      // Once, for all clusters that want to know.
      expect(github.requests.filter((request) => request.token === it)).toHaveLength(1);
    }
    const asked = new Set(github.requests.map((request) => request.token));
    for (const kind of kinds) {
      const ofKind = [...furtherTokens].filter(([, its]) => its === kind).map(([it]) => it);
      expect(ofKind.length).toBeGreaterThan(isThorough ? 80 : 40);
      expect(ofKind.filter((it) => !asked.has(it))).toEqual([]);
    }
    const verdicts = edge.decisions().map((decision) => (decision as { verdict?: string }).verdict);
    for (const verdict of ["authenticated", "unauthenticated", "denied", "undetermined"]) {
      expect(verdicts).toContain(verdict);
    }
  });

  test("the search finds what is there: in log, answers and files", () => {
    const found = (text: string) => findPieces([text], outputs).map((place) => place.split(":")[0]);
    expect(found(credentialIdOf(token.classic))).toContain("stdout");
    expect(found("refused a caller")).toContain("stderr");
    expect(found("github:Mona-Lisa:1001")).toContain("the answer to a review in open");
    expect(found("BEGIN PRIVATE KEY")).toContain("open.key");
  });

  test.each([
    ["12 characters", (it: string) => it.slice(7, 7 + minPieceLength)],
    ["the last 12 characters", (it: string) => it.slice(-minPieceLength)],
    ["other case", (it: string) => it.toUpperCase()],
    ["base64", (it: string) => Buffer.from(it).toString("base64")],
    ["base64 of a header with it", (it: string) => Buffer.from(`me:${it}!`).toString("base64")],
    ["hexadecimal digits", (it: string) => Buffer.from(it).toString("hex")],
    ["JSON's escapes", (it: string) => it.replace(/./g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
    ["percent signs", (it: string) => it.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`)],
  ])("the search finds a token in a file of the state folder as %s", async (_, encode) => {
    const path = join(edge.stateDir, "planted");
    for (const it of Object.values(token)) {
      await writeFile(path, `before ${encode(it)} after`);
      const files = filesIn(edge.stateDir).filter(({ name }) => name.includes("planted"));
      expect(findPieces(Object.values(token), files)).toEqual([expect.stringMatching(/^planted: /)]);
    }
    await rm(path);
  });

  test("eleven characters are no piece", () => {
    const piece = token.classic.slice(10, 10 + minPieceLength - 1);
    expect(findPieces(tokens, [{ name: "eleven", bytes: ` ${piece} ` }])).toEqual([]);
  });
});
