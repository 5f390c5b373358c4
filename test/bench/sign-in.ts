// CPU of workerd for tokens at the sign-in hostname, and how long it takes, by grant and by where the answer is: the
// process's own time, as in cpu.ts. Each request opens a sealed value or takes a GitHub token, asks the policy, signs
// an ID token and, but for an exchange, seals two values. What /token asks of GitHub is whose token it is, and where
// its owner belongs: /callback redeems GitHub's code before.
import { createHash, randomBytes } from "node:crypto";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { readConfig } from "../../src/worker/config/config.ts";
import { createSignInSealer } from "../../src/worker/sign-in/sealer.ts";
import { createHttpClient } from "../support/http-client.ts";
import { instrumentedWorker, newIsolateHeader } from "../support/instruments.ts";
import { startRawWorkerd } from "../support/raw-workerd.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { until } from "../support/until.ts";
import { median, quantile } from "./quantiles.ts";

export const grants = ["authorization_code", "refresh_token", "token_exchange"] as const;
export type Grant = (typeof grants)[number];
export const places = ["memory", "KV", "GitHub"] as const;
export type Place = (typeof places)[number];

export interface GrantCost {
  readonly grant: Grant;
  readonly place: Place;
  readonly cpuMs: number;
  /** One at a time. */
  readonly medianMs: number;
}

export interface SignIns {
  readonly each: number;
  readonly costs: readonly GrantCost[];
}

/** @throws Error where it was not measured */
export function grantCost({ costs }: SignIns, grant: Grant, place: Place): GrantCost {
  const found = costs.find((cost) => cost.grant === grant && cost.place === place);
  if (found === undefined) throw new Error(`${grant} from ${place} was not measured`);
  return found;
}

const issuerUrl = "https://login.example.com";
const client = "production";
const redirectUri = "http://127.0.0.1:8000/";
const organisationId = 1234;
const turnSize = 20;
const settledMs = 20_000;
const tokenSeconds = 3_600;
const codeSeconds = 60;

/** @param each how many of each kind there are */
export async function measureSignIns(each: number): Promise<SignIns> {
  const github = await startGitHubStandIn({ userLimit: Number.MAX_SAFE_INTEGER });
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const acme = github.addOrganisation({ login: "acme", id: organisationId });
    const app = github.addApp();
    github.installApp(app, acme);
    const policy = { allow: [`org:acme#${organisationId}`], token_kinds: ["app"], oauth_clients: [app.clientId] };
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
      CLUSTER_PRODUCTION: { ...policy, sign_in: true, exchange: true },
    };
    const { signIn } = readConfig(variables);
    if (signIn?.ok !== true) throw new Error(`the configuration is wrong: ${JSON.stringify(signIn)}`);
    const formOf = formMaker(createSignInSealer(signIn.value, Date.now));
    const workerd = await startRawWorkerd({ main: instrumentedWorker, variables, takesAddresses: true });
    stops.push(workerd.stop);
    const http = createHttpClient(workerd.url);
    stops.push(async () => http.close());

    let people = 0;
    const newTokens = (count: number) =>
      Array.from({ length: count }, () => {
        people += 1;
        const account = github.addAccount({ login: `user-${people}` });
        github.addMember(acme, account);
        return github.issueToken(account, { kind: "app", oauthClientId: app.clientId });
      });
    /** @returns how long it took */
    const ask = async (form: string, isNewIsolate = false): Promise<number> => {
      const headers = {
        "content-type": "application/x-www-form-urlencoded",
        ...(isNewIsolate ? { [newIsolateHeader]: "{}" } : {}),
      };
      const path = `${issuerUrl}/token`;
      const { status, body, durationMs } = await http.send({ method: "POST", path, headers, body: form });
      if (status === 200 && body.includes('_token":"')) return durationMs;
      throw new Error(`/token answered with ${status}: ${body}`);
    };
    const measure = async (grant: Grant, place: Place, tokens: readonly string[]): Promise<GrantCost> => {
      const cpuMs: number[] = [];
      const tookMs: number[] = [];
      for (let done = 0; done < tokens.length; done += turnSize) {
        const forms = await Promise.all(tokens.slice(done, done + turnSize).map((token) => formOf(grant, token)));
        const before = await workerd.cpuSeconds();
        for (const form of forms) tookMs.push(await ask(form));
        cpuMs.push((((await workerd.cpuSeconds()) - before) * 1000) / forms.length);
      }
      return { grant, place, cpuMs: quantile(cpuMs, 0.25), medianMs: median(tookMs) };
    };

    // The first of an isolate reads the signing key, and the compiler sees the code.
    const [first = "", ...others] = newTokens(turnSize);
    for (const token of [first, ...others]) for (const grant of grants) await ask(await formOf(grant, token));
    const costs: GrantCost[] = [];
    for (const grant of grants) {
      const tokens = newTokens(each);
      costs.push(await measure(grant, "GitHub", tokens));
      await until(async () => (await workerd.storeCounts()).writes === people, settledMs, "KV has all facts");
      const calls = github.requests.length;
      costs.push(await measure(grant, "memory", tokens));
      await ask(await formOf("refresh_token", first), true);
      costs.push(await measure(grant, "KV", tokens));
      if (github.requests.length !== calls) throw new Error("GitHub was asked for what KV has");
    }
    return { each, costs };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** @returns what makes the form of a request for each grant, out of a GitHub token */
function formMaker(sealer: ReturnType<typeof createSignInSealer>) {
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const sessionOf = (token: string) => ({
    token,
    tokenEndsAt: inSeconds(tokenSeconds),
    needsSecret: false,
    isShared: false,
  });
  const fields: Readonly<Record<Grant, (token: string) => Promise<Record<string, string>>>> = {
    async authorization_code(token) {
      const verifier = randomBytes(32).toString("base64url");
      const value = {
        ...sessionOf(token),
        id: randomBytes(16).toString("base64url"),
        redirectUri,
        challenge: createHash("sha256").update(verifier).digest("base64url"),
        nonce: null,
      };
      const code = await sealer.seal("code", client, value, inSeconds(codeSeconds));
      return {
        grant_type: "authorization_code",
        client_id: client,
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      };
    },
    async refresh_token(token) {
      const sealed = await sealer.seal("refresh_token", client, sessionOf(token), inSeconds(tokenSeconds));
      return { grant_type: "refresh_token", client_id: client, refresh_token: sealed };
    },
    async token_exchange(token) {
      return {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        audience: client,
        subject_token: token,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      };
    },
  };
  return async (grant: Grant, token: string) => new URLSearchParams(await fields[grant](token)).toString();
}
