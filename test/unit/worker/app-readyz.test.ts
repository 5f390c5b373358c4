// GET /readyz: who may ask, and how the report becomes an answer.
import { describe, expect, test } from "vitest";
import { clusterTable, environment, noCertificate, startApp, statusIn } from "./support.ts";

const github = async () => new Response("{}", { headers: { "x-github-request-id": "8A2C:1" } });

describe("GET /readyz", () => {
  test("is 200 where all is well, and names the cluster whose certificate came", async () => {
    const response = await startApp({ github }).send("/readyz");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: "ready", cluster: "production", certificateDaysLeft: 30 });
  });

  test("is 503 where something is not, and holds no secret", async () => {
    const env = environment({ CLUSTER_PRODUCTION: clusterTable({ allow: [] }) });
    const response = await startApp({ env, github }).send("/readyz");
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ status: "not_ready", parts: { configuration: { state: "failed" } } });
    expect(text).not.toContain(String(env.CACHE_SECRET));
  });

  test("answers HEAD like GET, without the body", async () => {
    const response = await startApp({ github }).send("/readyz", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test.each([
    ["none", null],
    ["no certificate", noCertificate],
  ])("is 403 for a caller with %s, and makes no call", async (_, cf) => {
    const { send, errors } = startApp();
    const response = await send("/readyz", {}, cf);
    expect((await statusIn(response)).code).toBe(403);
    expect(errors).toEqual([expect.stringMatching(/^refused a caller: /)]);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("answers %s with 405, before the certificate", async (method) => {
    const response = await startApp().send("/readyz", { method }, null);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect((await statusIn(response)).code).toBe(405);
  });

  test("asks at the address that the deployment knows", async () => {
    const urls: string[] = [];
    const env = environment({ GITHUB_API_URL: "https://ghes.example/api/v3" });
    const asked: typeof fetch = (input) => {
      urls.push(String(input));
      return github();
    };
    await startApp({ env, github: asked }).send("/readyz");
    expect(urls).toEqual(["https://ghes.example/api/v3/rate_limit"]);
  });
});
