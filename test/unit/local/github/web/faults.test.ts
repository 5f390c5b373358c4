import { describe, expect, test } from "vitest";
import type { Fault } from "../../../../../src/local/github/faults.ts";
import { getUser, objectIn } from "../support.ts";
import { type Scene, scene } from "./scene.ts";

/** Each step of a sign-in on the web host: its path, and a request that is answered well. */
const steps: readonly (readonly [string, RegExp, (signing: Scene) => Promise<Response>])[] = [
  ["authorize", /^\/login\/oauth\/authorize$/, ({ authorizeUrl }) => fetch(authorizeUrl())],
  ["access_token", /^\/login\/oauth\/access_token$/, ({ requestToken }) => requestToken({ code: "wrong" })],
  ["device code", /^\/login\/device\/code$/, ({ standIn, app }) => askForCodes(standIn.webUrl, app.clientId)],
  ["device page", /^\/login\/device$/, ({ standIn }) => fetch(`${standIn.webUrl}/login/device`)],
];

function askForCodes(webUrl: string, clientId: string): Promise<Response> {
  const body = new URLSearchParams({ client_id: clientId });
  return fetch(`${webUrl}/login/device/code`, { method: "POST", headers: { accept: "application/json" }, body });
}

describe.each(steps)("at the step %s, GitHub", (_, path, ask) => {
  const withFault = async (fault: Fault) => {
    const signing = await scene();
    signing.standIn.setFault("everyone", fault, { path });
    return { signing, answer: () => ask(signing) };
  };

  test.each([
    [500, "unicorn_html", "text/html; charset=utf-8", "<title>Unicorn!"],
    [503, "json", "application/json; charset=utf-8", "No server is currently available"],
    [502, "html_labelled_json", "application/json; charset=utf-8", "<title>Unicorn!"],
  ] as const)("is down with %i as %s", async (status, body, contentType, part) => {
    const { signing, answer } = await withFault({ kind: "server_error", status, body });
    const response = await answer();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe(contentType);
    expect(await response.text()).toContain(part);
    signing.standIn.setFault("everyone", null, { path });
    expect((await answer()).status).toBe(200);
  });

  test.each(["primary_limit", "secondary_limit"] as const)("limits with a page: %s", async (kind) => {
    const { answer } = await withFault({ kind, status: 429, headers: "full" });
    const response = await answer();
    expect(response.status).toBe(429);
    expect(await response.text()).toContain("You have exceeded a secondary rate limit.");
  });

  test("answers with any body, such as broken JSON, or none", async () => {
    for (const body of ["{", "", "[]", '{"access_token": 7}']) {
      const { answer } = await withFault({ kind: "body", status: 200, body });
      const response = await answer();
      expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(await response.text()).toBe(body);
    }
  });

  test("redirects elsewhere", async () => {
    const { answer } = await withFault({ kind: "redirect", status: 307, location: "http://127.0.0.1:9/" });
    await expect(answer()).rejects.toThrow();
  });

  test("sends too much, half of it, or nothing", async () => {
    const huge = await withFault({ kind: "oversized", bytes: 300_000 });
    expect((await (await huge.answer()).text()).length).toBeGreaterThanOrEqual(290_000);
    const truncated = await withFault({ kind: "truncated" });
    await expect(truncated.answer().then((response) => response.text())).rejects.toThrow();
    const reset = await withFault({ kind: "reset" });
    await expect(reset.answer()).rejects.toThrow();
  });

  test("comes late, or never", async () => {
    const slow = await withFault({ kind: "slow_head", delayMs: 60 });
    const startedAt = performance.now();
    expect((await slow.answer()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(58);
    const hanging = await withFault({ kind: "hang" });
    const answer = hanging.answer();
    const outcome = expect(answer).rejects.toThrow();
    await hanging.signing.standIn.close();
    await outcome;
  });

  test("takes no notice of what only its API says", async () => {
    for (const kind of ["bad_credentials", "suspended", "gone", "lockout"] as const) {
      expect((await (await withFault({ kind })).answer()).status).toBe(200);
    }
  });
});

test("a lying token endpoint can give another kind of token, or one of another person", async () => {
  const { standIn, requestToken } = await scene();
  const account = standIn.addAccount({ login: "octo-other" });
  const token = standIn.issueToken(account, { kind: "oauth" });
  const body = JSON.stringify({ access_token: token, token_type: "bearer", scope: "" });
  standIn.setFault("everyone", { kind: "body", status: 200, body }, { path: /access_token/, times: 1 });
  const answer = await objectIn(await requestToken({ code: "wrong" }));
  expect(answer.access_token).toBe(token);
  expect((await getUser(standIn, token)).status).toBe(200);
  expect(await objectIn(await requestToken({ code: "wrong" }))).toMatchObject({ error: "bad_verification_code" });
});

test("an outage of all of GitHub meets its API and its web host, and both are in the record of requests", async () => {
  const signing = await scene();
  const { standIn } = signing;
  standIn.setFault("everyone", { kind: "server_error", status: 503, body: "unicorn_html" });
  expect((await getUser(standIn, null)).status).toBe(503);
  expect((await signing.requestToken({ code: "wrong" })).status).toBe(503);
  standIn.extraHeaders = { "X-Extra": "1" };
  const response = await fetch(`${standIn.webUrl}/login/device`);
  expect(response.headers.get("x-extra")).toBe("1");
  expect(standIn.requests.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
    "GET /user 503",
    "POST /login/oauth/access_token 503",
    "GET /login/device 503",
  ]);
});
