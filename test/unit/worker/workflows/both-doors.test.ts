// A workflow that is admitted: the same names by the webhook and by an exchange, and what the log says.
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../../src/worker/config/config.ts";
import { createSignInSealer } from "../../../../src/worker/sign-in/sealer.ts";
import { startOfTests } from "../support.ts";
import {
  actionsIssuer,
  audience,
  claimsIn,
  environmentEntry,
  startWorkflowApp,
  workflowEntry,
  workflowToken,
} from "./support.ts";

const names = {
  username: "actions:Acme/shop:9001",
  groups: ["actions:Acme/shop", "actions:Acme/shop/workflows/deploy.yml"],
};

describe("a workflow's token", () => {
  test("is a user of the cluster by the webhook", async () => {
    const { review, decisions, issuer, errors } = startWorkflowApp();
    const token = workflowToken({ claims: { jti: "jti-1" } });
    const { status, body } = await review(token);
    expect(status).toBe(200);
    expect(body.status).toEqual({
      authenticated: true,
      user: {
        username: `github:${names.username}`,
        uid: "repository:9001",
        groups: names.groups.map((name) => `github:${name}`),
        extra: {
          "authentication.kubernetes.io/credential-id": ["JTI=jti-1"],
          "octogate.dev/actor": ["otto-inkwell"],
          "octogate.dev/credential-kind": ["workflow"],
          "octogate.dev/event": ["push"],
          "octogate.dev/github-host": ["github.com"],
          "octogate.dev/run-attempt": ["1"],
          "octogate.dev/run-id": ["11000000001"],
          "octogate.dev/sha": [claimsIn(token).sha],
          "octogate.dev/workflow-ref": ["Acme/shop/.github/workflows/deploy.yml@refs/heads/main"],
        },
      },
    });
    expect(issuer.calls).toEqual(["GET https://token.actions.githubusercontent.com/.well-known/jwks"]);
    expect(decisions()).toEqual([
      {
        time: "2026-11-20T10:00:00.000Z",
        door: "webhook",
        cluster: "production",
        verdict: "authenticated",
        reason: "admitted",
        user: "github:actions:Acme/shop:9001",
        groups: 2,
        uid: "repository:9001",
        repository: "Acme/shop",
        workflow: "Acme/shop/.github/workflows/deploy.yml@refs/heads/main",
        event: "push",
        run: "11000000001/1",
        actor: "otto-inkwell",
        credentialKind: "workflow",
        credentialId: "JTI=jti-1",
        source: "github",
        certificateDaysLeft: 30,
        durationMs: 0,
      },
    ]);
    expect(errors).toEqual([]);
  });

  test.each(["jwt", "id_token"])("becomes an ID token with the same names by an exchange, as %s", async (type) => {
    const { exchange, decisions } = startWorkflowApp();
    const { status, body } = await exchange(
      workflowToken({ claims: { jti: "jti-1" }, job: { environment: "production" } }),
      {
        subject_token_type: `urn:ietf:params:oauth:token-type:${type}`,
      },
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: "urn:ietf:params:oauth:token-type:id_token",
      token_type: "N_A",
      // GitHub's own token lives no longer.
      expires_in: 300,
    });
    const claims = claimsIn(body.access_token);
    expect(claims).toEqual({
      iss: "https://login.acme.test",
      aud: "production",
      sub: "repository:9001",
      iat: startOfTests / 1000,
      exp: startOfTests / 1000 + 300,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      username: names.username,
      groups: [
        "actions:Acme/shop",
        "actions:Acme/shop/environments/production",
        "actions:Acme/shop/workflows/deploy.yml",
      ],
      preferred_username: "actions:Acme/shop",
      name: "actions:Acme/shop",
      github_host: "github.com",
      credential_id: "JTI=jti-1",
      credential_kind: "workflow",
      door: "sign-in",
      workflow_ref: "Acme/shop/.github/workflows/deploy.yml@refs/heads/main",
      run_id: "11000000001",
      run_attempt: "1",
      sha: expect.stringMatching(/^[0-9a-f]{40}$/),
      event_name: "push",
      actor: "otto-inkwell",
    });
    expect(decisions()).toMatchObject([
      {
        door: "sign-in",
        client: "production",
        grant: "token_exchange",
        tokenId: claims.jti,
        repository: "Acme/shop",
        environment: "production",
        run: "11000000001/1",
      },
    ]);
  });

  test.each([
    ["a line end behind it", `${workflowToken()}\n`],
    ["another issuer", workflowToken({ issuer: `${actionsIssuer}/acme` })],
  ])("with %s is told that it is none here, and not that it is a person's", async (_, token) => {
    const { exchange, issuer } = startWorkflowApp();
    const { status, body } = await exchange(token);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: "invalid_request",
      error_description: expect.stringMatching(/^subject_token is no token of a workflow: /),
    });
    expect(issuer.calls).toEqual([]);
  });

  test("is exchanged for the client's own time where that is shorter", async () => {
    const { exchange } = startWorkflowApp({ policy: { id_token_seconds: 60 } });
    expect((await exchange(workflowToken())).body).toMatchObject({ expires_in: 60 });
  });

  test("is taken at a cluster without sign-in and without tokens of people", async () => {
    const { review } = startWorkflowApp({ policy: { sign_in: undefined, token_kinds: undefined } });
    expect((await review(workflowToken())).body.status).toMatchObject({ authenticated: true });
  });

  test("is taken at a web application by its own audience alone", async () => {
    const table = { allow: [workflowEntry], redirect_uris: ["https://argocd.acme.test/auth/callback"] };
    const { exchange } = startWorkflowApp({ env: { CLIENT_ARGOCD: table } });
    const address = "https://login.acme.test/clients/argocd";
    expect((await exchange(workflowToken({ audience: address }), { audience: "argocd" })).status).toBe(200);
    const wrong = await exchange(workflowToken({ audience: address.replace("clients", "clusters") }), {
      audience: "argocd",
    });
    expect(wrong.body).toMatchObject({ error: "invalid_request" });
  });

  test("is never taken where GitHub tokens of people are, and the other way round", async () => {
    const { exchange } = startWorkflowApp({ policy: { exchange: true } });
    const type = "urn:ietf:params:oauth:token-type:access_token";
    expect((await exchange(workflowToken(), { subject_token_type: type })).body).toMatchObject({
      error: "invalid_request",
    });
  });

  test("is no session: a refresh token that holds one is refused", async () => {
    const { env, app, issuer } = startWorkflowApp();
    const { signIn } = readConfig(env);
    if (signIn?.ok !== true) throw new Error("people can sign in");
    const endsAt = startOfTests / 1000 + 300;
    const session = { token: workflowToken(), tokenEndsAt: endsAt, needsSecret: false, isShared: false };
    const sealer = createSignInSealer(signIn.value, () => startOfTests);
    const refresh_token = await sealer.seal("refresh_token", "production", session, endsAt);
    const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "production", refresh_token });
    const response = await app.fetch(new Request("https://login.acme.test/token", { method: "POST", body }), env);
    expect(await response.json()).toMatchObject({ error: "invalid_grant" });
    expect(issuer.calls).toEqual([]);
  });

  test("that does not say its run has none in the log", async () => {
    const { review, decisions } = startWorkflowApp();
    await review(workflowToken({ claims: { run_id: "", sha: undefined, actor: "" } }));
    expect(decisions()).toMatchObject([{ reason: "admitted" }]);
    for (const name of ["run", "actor"]) expect(decisions()[0]).not.toHaveProperty(name);
  });

  test("has names in the log that neither hide nor look like others", async () => {
    const { review, lines, decisions } = startWorkflowApp();
    const [environment, ref] = ["\u202enoitcudorp \u{1f6a2}", "refs/heads/m\u0430in\u2028\u200b"];
    await review(workflowToken({ job: { environment, ref } }));
    expect(lines.join("")).toMatch(/^[\x20-\x7e]+$/);
    expect(decisions()).toMatchObject([{ environment, workflow: expect.stringContaining(ref) }]);
  });

  test("says nothing to a cluster but printable ASCII", async () => {
    const { review, exchange } = startWorkflowApp();
    const token = workflowToken({ job: { ref: "refs/heads/gr\u00fcn", environment: "production" } });
    const { text, body } = await review(token);
    expect(body.status).toMatchObject({ authenticated: true, user: { extra: { "octogate.dev/event": ["push"] } } });
    expect(text).not.toContain("workflow-ref");
    const claims = claimsIn((await exchange(token)).body.access_token);
    expect(claims).toMatchObject({ event_name: "push" });
    expect(claims).not.toHaveProperty("workflow_ref");
  });

  test("needs no entry that is pinned, but a warning says so", async () => {
    const entry = "environment:acme/shop/production";
    const { review, errors } = startWorkflowApp({ policy: { allow: [entry] } });
    const { body } = await review(workflowToken({ job: { environment: "Production" } }));
    expect(body.status).toMatchObject({ authenticated: true });
    expect(errors).toEqual([
      `CLUSTER_PRODUCTION: ${entry} is not pinned, so the name alone counts: write ${environmentEntry}`,
    ]);
  });

  test("of a renamed repository goes on with its pin, and a warning says so", async () => {
    const { review, errors } = startWorkflowApp();
    const repository = { name: "acme/store", id: 9001, ownerId: 1234 };
    const { body } = await review(workflowToken({ job: { repository } }));
    expect(body.status).toMatchObject({ authenticated: true, user: { username: "github:actions:acme/store:9001" } });
    expect(errors).toEqual([`CLUSTER_PRODUCTION: ${workflowEntry} is in acme/store now`]);
  });

  test("has the audience that the page for operators shows", () => {
    expect(audience).toBe("https://login.acme.test/clusters/production");
  });
});

describe("a denial that repeats", () => {
  test("is a plain no after ten within a minute, which the log says", async () => {
    const { review, decisions, issuer } = startWorkflowApp();
    const token = workflowToken({ audience: "https://github.com/acme" });
    for (let index = 0; index < 10; index += 1) expect((await review(token)).text).toContain("workflow_audience");
    expect((await review(token)).body.status).toEqual({ authenticated: false });
    expect(decisions().at(-1)).toMatchObject({ reason: "workflow_audience", verdict: "denied", repeated: true });
    expect(issuer.calls).toHaveLength(1);
  });
});

describe("the metrics", () => {
  test("count workflows like people, without their names", async () => {
    const points: { readonly blobs: string[]; readonly doubles: number[] }[] = [];
    const METRICS = { writeDataPoint: (point: (typeof points)[number]) => points.push(point) };
    const { review, exchange } = startWorkflowApp({ env: { METRICS } });
    await review(workflowToken());
    await review(workflowToken({ ageSeconds: 4000 }));
    await exchange(workflowToken({ job: { workflow: "ci.yml" } }));
    expect(points.map(({ blobs }) => blobs)).toEqual([
      ["review", "production", "authenticated", "admitted", "github", "workflow", ""],
      ["review", "production", "denied", "workflow_token_expired", "memory", "workflow", ""],
      ["sign_in", "production", "unauthenticated", "workflow_not_allowed", "memory", "workflow", "token_exchange"],
    ]);
    expect(JSON.stringify(points)).not.toContain("shop");
  });
});
