// A whole sign-in through the Worker's routes, with a new Worker for each step: nothing is kept between them but what
// browser and program hold, and what a review would keep as well.
import { describe, expect, test } from "vitest";
import { blobColumns } from "../../../../src/worker/log/metrics.ts";
import {
  argocdSecret,
  argocdUri,
  basic,
  challenge,
  eightHours,
  expectError,
  FakeGitHub,
  loopbackUri,
  signInDeployment,
  startSignIn,
  verifier,
} from "./support/app.ts";

/** Each step is one of another isolate, which knows nothing of those before. */
function isolates(changes: Record<string, unknown> = {}) {
  const github = new FakeGitHub();
  const env = signInDeployment(changes);
  const cookies = new Map<string, string>();
  const next = () => startSignIn(env, github);
  const all: ReturnType<typeof next>[] = [];

  async function browse(path: string, init: RequestInit = {}): Promise<Response> {
    const app = next();
    all.push(app);
    const headers = new Headers(init.headers);
    headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await app.send(path, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/; Max-Age=0$/.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  const leadsTo = (response: Response) => new URL(response.headers.get("location") ?? "https://nowhere.test/");

  async function toGitHubAndBack(query: Record<string, string>): Promise<Response> {
    const atGitHub = leadsTo(await browse(`/authorize?${new URLSearchParams(query)}`));
    expect(atGitHub.origin).toBe("https://github.com");
    github.tokenAnswer = { access_token: github.addToken(), expires_in: eightHours, token_type: "bearer" };
    return browse(`/callback?code=from-github&state=${atGitHub.searchParams.get("state")}`);
  }
  const lines = () => all.flatMap((app) => app.decisions());
  return { github, env, browse, leadsTo, toGitHubAndBack, next, lines };
}

const kubelogin = {
  response_type: "code",
  client_id: "production",
  redirect_uri: loopbackUri,
  scope: "openid",
  state: "state-of-kubelogin",
  nonce: "nonce-of-kubelogin",
  code_challenge: challenge,
  code_challenge_method: "S256",
};

describe("nothing is stored", () => {
  test("a person signs in with kubelogin, refreshes, is known to /userinfo and signs out", async () => {
    const writes: string[] = [];
    const kv = new Map<string, Uint8Array>();
    const { toGitHubAndBack, browse, leadsTo, next, lines, github } = isolates({
      KV: {
        get: async (name: string) => kv.get(name)?.slice().buffer ?? null,
        put: async (name: string, value: Uint8Array) => {
          writes.push(name);
          kv.set(name, value);
        },
      },
    });
    const page = await toGitHubAndBack(kubelogin);
    expect(page.status).toBe(200);
    const [, form = ""] = /name="form" value="([^"]+)"/.exec(await page.text()) ?? [];
    const sent = await browse("/consent", {
      method: "POST",
      body: new URLSearchParams({ form, choice: "sign_in" }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
    });
    const { origin, searchParams } = leadsTo(sent);
    expect(origin).toBe(loopbackUri);
    expect(searchParams.get("state")).toBe("state-of-kubelogin");
    const redeeming = next();
    const { status, body } = await redeeming.redeem(searchParams.get("code") ?? "");
    expect(status).toBe(200);
    expect((await next().claimsOf(body.id_token)).payload).toMatchObject({
      nonce: "nonce-of-kubelogin",
      sub: "583231",
    });
    expect(lines()).toMatchObject([{ step: "callback", verdict: "authenticated" }]);
    expect(redeeming.decisions()).toMatchObject([{ step: "token", verdict: "authenticated", source: "kv" }]);

    const refreshing = next();
    const refreshed = await refreshing.refresh(String(body.refresh_token));
    expect(refreshed.status).toBe(200);
    expect(refreshing.decisions()).toMatchObject([{ grant: "refresh_token", source: "kv" }]);
    const { access_token } = refreshed.body;
    expect((await next().ask("/userinfo", { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(200);
    // The facts about one token, which a review would write as well.
    expect(writes).toHaveLength(1);
    expect(github.calls.filter((call) => call.startsWith("POST /applications"))).toHaveLength(1);

    // The browser's session shares the token, so it is the browser that ends it.
    const revoked = await next().post("/revoke", { client_id: "production", token: String(body.refresh_token) });
    expectError(revoked, "unsupported_token_type");
    const [, signOut = ""] = /name="form" value="([^"]+)"/.exec(await (await browse("/sign-out")).text()) ?? [];
    const signedOut = await browse("/sign-out", {
      method: "POST",
      body: new URLSearchParams({ form: signOut }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
    });
    expect(signedOut.status).toBe(200);
    expect(github.owners.size).toBe(0);
    expectError(await next().refresh(String(body.refresh_token)), "invalid_grant");
  });

  test("a web application gets its code at once, and redeems it with its secret", async () => {
    const { toGitHubAndBack, leadsTo, next } = isolates();
    const query = { ...kubelogin, client_id: "argocd", redirect_uri: argocdUri };
    const { searchParams } = leadsTo(await toGitHubAndBack(query));
    const form = { client_id: undefined, redirect_uri: argocdUri, code_verifier: verifier };
    const code = searchParams.get("code") ?? "";
    expectError(await next().redeem(code, { ...form, client_id: "argocd" }), "invalid_client", 401);
    const { status, body } = await next().redeem(code, form, basic("argocd", argocdSecret));
    expect(status).toBe(200);
    expect((await next().claimsOf(body.id_token, "argocd")).payload.aud).toBe("argocd");
  });
});

describe("the metrics", () => {
  const points = () => {
    const rows: Record<string, string>[] = [];
    const binding = {
      writeDataPoint: ({ blobs }: { blobs: string[] }) =>
        rows.push(Object.fromEntries(blobColumns.map((name, position) => [name, blobs[position] ?? ""]))),
    };
    return { rows, binding };
  };

  test("count a sign-in once: what was given out", async () => {
    const { rows, binding } = points();
    const { toGitHubAndBack, leadsTo, next } = isolates({ METRICS: binding });
    const query = { ...kubelogin, client_id: "argocd", redirect_uri: argocdUri };
    const { searchParams } = leadsTo(await toGitHubAndBack(query));
    expect(rows).toEqual([]);
    const form = { client_id: undefined, redirect_uri: argocdUri, code_verifier: verifier };
    const { body } = await next().redeem(searchParams.get("code") ?? "", form, basic("argocd", argocdSecret));
    const signIn = { event: "sign_in", cluster: "argocd", token_kind: "app" };
    expect(rows).toMatchObject([{ ...signIn, verdict: "authenticated", grant: "authorization_code" }]);
    await next().ask("/userinfo", { headers: { authorization: `Bearer ${body.access_token}` } });
    expect(rows).toHaveLength(1);
    await next().refresh(String(body.refresh_token), { client_id: undefined }, basic("argocd", argocdSecret));
    expect(rows).toMatchObject([{}, { ...signIn, verdict: "authenticated", grant: "refresh_token" }]);
  });

  test("count a refusal where it fell, which is before the code", async () => {
    const { rows, binding } = points();
    const { toGitHubAndBack, leadsTo, github } = isolates({ METRICS: binding });
    github.addToken = () => FakeGitHub.prototype.addToken.call(github, "app", { login: "hubot", id: 2, type: "User" });
    const { searchParams } = leadsTo(await toGitHubAndBack(kubelogin));
    expect(searchParams.get("error")).toBe("access_denied");
    expect(rows).toMatchObject([{ event: "sign_in", verdict: "unauthenticated", reason: "not_allowed" }]);
  });
});
