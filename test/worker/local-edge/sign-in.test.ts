// Signing in through the local edge, with a program that knows nothing of Octogate, and a browser that keeps cookies.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as client from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call, sampleTokenOf, tokenReview } from "../../support/edge-client.ts";
import type { Visit } from "../../support/github-browser.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import {
  githubWebUrlOf,
  openPersonsBrowser,
  openProgram,
  signIn,
  trustingFetch,
} from "../../support/openid-program.ts";

let stateDir: string;
let edge: LocalEdge;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "octogate-sign-in-"));
  edge = await startLocalEdge({ stateDir });
});
afterAll(async () => {
  await edge.stop();
  await rm(stateDir, { recursive: true, force: true });
});

async function newBrowser() {
  return openPersonsBrowser(edge, await githubWebUrlOf(edge));
}

async function signedIn(person: string) {
  const program = await openProgram(edge);
  const begun = await program.begin();
  const end = await signIn(await newBrowser(), begun.address, person);
  return { program, tokens: await begun.finish(end.url) };
}

function queryOf({ url }: Visit): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}

describe("a person", () => {
  it("signs in under the names that the webhook has, without the prefix", async () => {
    const { tokens } = await signedIn("tara-triton");
    const review = await call(edge, { body: tokenReview(await sampleTokenOf(edge, "team-member")) });
    const { user } = JSON.parse(review.body).status;
    const claims = tokens.claims();
    expect(`github:${claims?.username}`).toBe(user.username);
    expect([claims?.groups].flat().map((group) => `github:${group}`)).toEqual(user.groups);
    expect(claims?.sub).toBe(user.uid);
    expect(user.groups).toHaveLength(3);
  });

  it("stays signed in by a refresh token, which works more than once", async () => {
    const { program, tokens } = await signedIn("mona-manta");
    for (const refreshToken of [tokens.refresh_token, tokens.refresh_token]) {
      const refreshed = await client.refreshTokenGrant(program.configuration, refreshToken ?? "");
      expect(refreshed.claims()?.username).toBe(tokens.claims()?.username);
    }
  });

  it("is asked for by userinfo under the same names", async () => {
    const { program, tokens } = await signedIn("mona-manta");
    const sub = tokens.claims()?.sub ?? "";
    const userInfo = await client.fetchUserInfo(program.configuration, tokens.access_token, sub);
    expect(userInfo.groups).toEqual(tokens.claims()?.groups);
  });

  it("gets a second program without GitHub, in the same browser", async () => {
    const browser = await newBrowser();
    const program = await openProgram(edge);
    await signIn(browser, (await program.begin()).address, "mona-manta");
    const again = await program.begin();
    const page = await browser.open(again.address);
    expect(page).toMatchObject({ kind: "page", text: expect.stringContaining("Sign in to local as mona-manta") });
    const end = await browser.submit(page, "Sign in to");
    expect((await again.finish(end.url)).claims()?.preferred_username).toBe("mona-manta");
  });

  it("can choose another account on our page", async () => {
    const browser = await newBrowser();
    const program = await openProgram(edge);
    await signIn(browser, (await program.begin()).address, "mona-manta");
    const again = await program.begin();
    const atGitHub = await browser.submit(await browser.open(again.address), "Use another account");
    const ours = await browser.submit(atGitHub, "Authorize", { person: "otto-inkwell" });
    const end = await browser.submit(ours, "Sign in to");
    expect((await again.finish(end.url)).claims()?.preferred_username).toBe("otto-inkwell");
  });

  it("signs out at GitHub, too, and is refused from then on", async () => {
    const browser = await newBrowser();
    const program = await openProgram(edge);
    const begun = await program.begin();
    const tokens = await begun.finish((await signIn(browser, begun.address, "mona-manta")).url);
    const question = await browser.open(`https://localhost:${edge.signInPort}/sign-out`);
    expect(await browser.submit(question, "Sign out")).toMatchObject({ text: expect.stringContaining("signed out") });
    await expect(client.refreshTokenGrant(program.configuration, tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });
});

describe("a person who is not admitted", () => {
  it("reads why in the program, with a reference", async () => {
    const program = await openProgram(edge);
    const end = await signIn(await newBrowser(), (await program.begin()).address, "nell-nautilus");
    expect(queryOf(end)).toMatchObject({ error: "access_denied", iss: `https://localhost:${edge.signInPort}` });
    expect(queryOf(end).error_description).toMatch(/not admitted here.*Reference: GITHUBSHA256=\S{44}$/);
  });

  it("who declines at GitHub is told so", async () => {
    const program = await openProgram(edge);
    const browser = await newBrowser();
    const atGitHub = await browser.open((await program.begin()).address);
    const end = await browser.submit(atGitHub, "Cancel", { person: "mona-manta" });
    expect(queryOf(end)).toMatchObject({ error: "access_denied", error_description: /declined/ });
  });
});

it("all steps go on where the Worker and its memory begin anew between any two of them", async () => {
  const restart = async () => {
    await edge.stop();
    edge = await startLocalEdge({
      stateDir,
      args: ["--port", String(edge.port), "--sign-in-port", String(edge.signInPort)],
    });
  };
  // The stand-in is restarted with it, so GitHub's page comes from the new one.
  const program = await openProgram(edge);
  const begun = await program.begin();
  await restart();
  const browser = await newBrowser();
  const atGitHub = await browser.open(begun.address);
  const ours = await browser.submit(atGitHub, "Authorize", { person: "mona-manta" });
  await restart();
  const end = await browser.submit(ours, "Sign in to");
  await restart();
  const tokens = await begun.finish(end.url);
  await restart();
  const refreshed = await client.refreshTokenGrant(program.configuration, tokens.refresh_token ?? "");
  await restart();
  const sub = refreshed.claims()?.sub ?? "";
  expect(await client.fetchUserInfo(program.configuration, refreshed.access_token, sub)).toMatchObject({ sub });
});

describe("each hostname knows its own routes only", () => {
  it.each(["/authenticate", "/readyz", "/"])("%s is not there on the sign-in hostname", async (path) => {
    const send = await trustingFetch(edge);
    for (const method of ["GET", "POST"]) {
      expect((await send(`https://localhost:${edge.signInPort}${path}`, { method })).status).toBe(404);
    }
  });

  it.each(["/authorize", "/callback", "/token", "/.well-known/openid-configuration", "/sign-out", "/consent"])(
    "%s is not there on the clusters' hostname",
    async (path) => {
      expect((await call(edge, { path, method: "GET" })).status).toBe(404);
      expect((await call(edge, { path, method: "POST", body: "" })).status).toBe(404);
    },
  );
});
