import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  readPolicyFile,
  StartError,
  withClientCertificate,
  workerVariables,
} from "../../../src/local/worker-variables.ts";

const fingerprint = "a".repeat(64);
const own = { GITHUB_API_URL: "http://127.0.0.1:1", CACHE_SECRET: Buffer.alloc(32, 7).toString("base64") };

function variablesWith(policy: Record<string, unknown>, given: Record<string, string> = {}) {
  const cluster = {
    variable: "CLUSTER_PROD_EU",
    source: "prod.json",
    policy: withClientCertificate(policy, fingerprint),
  };
  return workerVariables([cluster], own, given);
}

const policy = { allow: ["anyone"], token_kinds: ["classic"] };

describe("the Worker's variables", () => {
  it("are the policies, the edge's own and the command line's, which win", () => {
    expect(variablesWith(policy, { CACHE_TTL_SECONDS: "30", GITHUB_API_URL: "https://api.github.com" })).toEqual({
      CLUSTER_PROD_EU: { ...policy, client_certificates: [fingerprint] },
      CACHE_SECRET: own.CACHE_SECRET,
      CACHE_TTL_SECONDS: "30",
      GITHUB_API_URL: "https://api.github.com",
    });
  });

  it.each([
    [{ ...policy, token_kinds: ["clasic"] }, /^prod\.json: token_kinds\[0\]: .*fine_grained, classic/],
    [{ ...policy, tokenkinds: [] }, /^prod\.json: tokenkinds: .*there are .*token_kinds/],
    [{ allow: ["anyone"] }, /^prod\.json: token_kinds: is required/],
    [{ ...policy, client_certificates: "abc" }, /^prod\.json: client_certificates: must be a list/],
    [{ ...policy, client_certificates: ["<sha256>"] }, /^prod\.json: client_certificates\[1\]: .*64 hex digits/],
  ])("with %j nothing starts, and the message says what to correct", (wrong, message) => {
    expect(() => variablesWith(wrong)).toThrow(StartError);
    expect(() => variablesWith(wrong)).toThrow(message);
  });

  it.each([
    [{ CACHE_TTL_SECONDS: "soon" }, /^--var CACHE_TTL_SECONDS: /],
    [{ CACHE_TTL: "1" }, /^--var CACHE_TTL: .*CACHE_TTL_SECONDS/],
    [{ CLUSTER_PROD_EU: "x" }, /^--var CLUSTER_PROD_EU: /],
  ])("with --var %j nothing starts, and the message names it", (given, message) => {
    expect(() => variablesWith(policy, given)).toThrow(message);
  });

  it("a wrong secret stays out of the message", () => {
    expect(() => variablesWith(policy, { CACHE_SECRET: "hunter2" })).toThrow(/^--var CACHE_SECRET: (?!.*hunter2)/);
  });
});

describe("a policy's client certificates", () => {
  it("are the edge's and those that the file lists, each once", () => {
    const listed = ["b".repeat(64), fingerprint];
    expect(withClientCertificate({ client_certificates: listed }, fingerprint)).toEqual({
      client_certificates: [fingerprint, "b".repeat(64)],
    });
  });
});

describe("a policy file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-policy-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is a JSON object", async () => {
    const path = join(folder, "good.json");
    await writeFile(path, JSON.stringify(policy));
    expect(await readPolicyFile(path)).toEqual(policy);
  });

  it.each([
    ["no-json.json", "allow: anyone", "is no JSON"],
    ["list.json", "[]", "must hold a JSON object"],
    ["null.json", "null", "must hold a JSON object"],
    ["absent.json", null, "cannot be read"],
  ])("%s is refused by its path", async (name, text, says) => {
    const path = join(folder, name);
    if (text !== null) await writeFile(path, text);
    await expect(readPolicyFile(path)).rejects.toThrow(StartError);
    await expect(readPolicyFile(path)).rejects.toThrow(`${path}: ${says}`);
  });
});
