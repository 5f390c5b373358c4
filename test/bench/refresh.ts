// CPU of workerd for a refresh, by where the answer is: the process's own time, as in cpu.ts. A refresh opens a sealed
// value, asks the policy, signs an ID token and seals two values.
import { randomBytes } from "node:crypto";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { readConfig } from "../../src/worker/config/config.ts";
import { createSignInSealer } from "../../src/worker/sign-in/sealer.ts";
import { createHttpClient } from "../support/http-client.ts";
import { instrumentedWorker, newIsolateHeader } from "../support/instruments.ts";
import { startRawWorkerd } from "../support/raw-workerd.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { until } from "../support/until.ts";
import { quantile } from "./quantiles.ts";

export const refreshPlaces = ["memory", "KV", "GitHub"] as const;
export type RefreshPlace = (typeof refreshPlaces)[number];

export interface Refreshes {
  readonly each: number;
  readonly cpuMs: Readonly<Record<RefreshPlace, number>>;
}

const issuerUrl = "https://login.example.com";
const organisationId = 1234;
const turnSize = 20;
const settledMs = 20_000;

/** @param refreshes how many of each kind there are */
export async function measureRefreshes(refreshes: number): Promise<Refreshes> {
  const github = await startGitHubStandIn({ userLimit: Number.MAX_SAFE_INTEGER });
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const acme = github.addOrganisation({ login: "acme", id: organisationId });
    const app = github.addApp();
    github.installApp(app, acme);
    const variables = {
      GITHUB_API_URL: github.url,
      GITHUB_WEB_URL: github.webUrl,
      CACHE_SECRET: randomBytes(32).toString("base64"),
      // Nothing is revalidated while this runs.
      CACHE_TTL_SECONDS: 600,
      ISSUER_URL: issuerUrl,
      GITHUB_CLIENT_ID: app.clientId,
      OAUTH_CLIENT_SECRETS: JSON.stringify({ [app.clientId]: app.clientSecret }),
      SIGNING_KEY_A: makeSigningKey(),
      CLUSTER_PRODUCTION: { sign_in: true, allow: [`org:acme#${organisationId}`] },
    };
    const { signIn } = readConfig(variables);
    if (signIn?.ok !== true) throw new Error(`the configuration is wrong: ${JSON.stringify(signIn)}`);
    const sealer = createSignInSealer(signIn.value, Date.now);
    const workerd = await startRawWorkerd({ main: instrumentedWorker, variables, takesAddresses: true });
    stops.push(workerd.stop);
    const client = createHttpClient(workerd.url);
    stops.push(async () => client.close());

    let people = 0;
    const newRefreshToken = () => {
      people += 1;
      const account = github.addAccount({ login: `user-${people}` });
      github.addMember(acme, account);
      const token = github.issueToken(account, { kind: "app", oauthClientId: app.clientId });
      const tokenEndsAt = Math.floor(Date.now() / 1000) + 3600;
      const value = { token, tokenEndsAt, needsSecret: false, isShared: false };
      return sealer.seal("refresh_token", "production", value, tokenEndsAt);
    };
    const refresh = async (refreshToken: string, isNewIsolate = false) => {
      const form = { grant_type: "refresh_token", client_id: "production", refresh_token: refreshToken };
      const { status, body } = await client.send({
        method: "POST",
        path: `${issuerUrl}/token`,
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          ...(isNewIsolate ? { [newIsolateHeader]: "{}" } : {}),
        },
        body: new URLSearchParams(form).toString(),
      });
      if (status !== 200 || typeof JSON.parse(body).id_token !== "string") {
        throw new Error(`a refresh was answered with ${status}: ${body}`);
      }
    };
    const kvHasAll = () =>
      until(async () => (await workerd.storeCounts()).writes === people, settledMs, "KV has all facts");
    /** @returns CPU milliseconds of each in the lower quarter of the turns */
    const measure = async (tokens: readonly string[]): Promise<number> => {
      const cpuMs: number[] = [];
      for (let done = 0; done < tokens.length; done += turnSize) {
        const turn = tokens.slice(done, done + turnSize);
        const before = await workerd.cpuSeconds();
        for (const token of turn) await refresh(token);
        cpuMs.push((((await workerd.cpuSeconds()) - before) * 1000) / turn.length);
      }
      return quantile(cpuMs, 0.25);
    };

    // The first of an isolate reads the signing key.
    const first = await newRefreshToken();
    await refresh(first);
    const tokens = await Promise.all(Array.from({ length: refreshes }, newRefreshToken));
    const fromGitHub = await measure(tokens);
    await kvHasAll();
    const fromMemory = await measure(tokens);
    const calls = github.requests.length;
    await refresh(first, true);
    const fromKv = await measure(tokens);
    if (github.requests.length !== calls) throw new Error("GitHub was asked for what KV has");
    return { each: refreshes, cpuMs: { memory: fromMemory, KV: fromKv, GitHub: fromGitHub } };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
