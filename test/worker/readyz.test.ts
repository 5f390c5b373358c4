// GET /readyz on the real runtime, with the stand-in as GitHub: who may ask, what is said, and how often GitHub is
// asked.
import { describe, expect, test } from "vitest";
import { version } from "../../src/worker/version.ts";
import { withoutCertificate } from "../support/client-auth.ts";
import { clusters } from "../support/people.ts";
import { useWorker } from "../support/worker-harness.ts";

describe("GET /readyz", () => {
  const worker = useWorker({ clusters });

  function ask(cluster = "production", init: { method?: string } = {}) {
    return worker().fetch("/readyz", { ...init, cf: { tlsClientAuth: worker().certificateOf(cluster) } });
  }

  test("says that all is well, asking GitHub once, without a token and without quota", async () => {
    for (let count = 0; count < 5; count += 1) {
      const { status, body } = await ask();
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({
        status: "ready",
        version,
        cluster: "production",
        certificateDaysLeft: 90,
        parts: { configuration: { state: "ok" }, kv: { state: "ok" }, github: { state: "ok" } },
      });
    }
    expect(worker().github.requests).toMatchObject([{ method: "GET", path: "/rate_limit", token: null }]);
  });

  test("says what is wrong with the asking cluster's configuration, and only with that one's", async () => {
    const { status, body } = await ask("broken");
    expect(status).toBe(503);
    const problem = expect.stringMatching(/^CLUSTER_BROKEN\.allow\[0\]: must be /);
    expect(JSON.parse(body)).toMatchObject({
      status: "not_ready",
      parts: { configuration: { state: "failed", problem } },
    });
    expect((await ask("staging")).status).toBe(200);
  });

  test("answers HEAD without a body", async () => {
    expect(await ask("production", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("is no one else's business", async () => {
    expect((await worker().fetch("/readyz", { cf: { tlsClientAuth: withoutCertificate } })).status).toBe(403);
    expect((await worker().fetch("/readyz")).status).toBe(403);
  });

  test.each(["POST", "PUT", "DELETE"])("answers %s with 405", async (method) => {
    const { status, headers } = await worker().fetch("/readyz", { method });
    expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("without KV, and with a GitHub that is down", () => {
  const bare = useWorker({ clusters, bindings: { kv_namespaces: [] } });

  test("both are said", async () => {
    bare().github.setFault("everyone", { kind: "server_error", status: 502, body: "unicorn_html" });
    const { status, body } = await bare().fetch("/readyz", {
      cf: { tlsClientAuth: bare().certificateOf("production") },
    });
    expect(status).toBe(503);
    expect(JSON.parse(body).parts).toMatchObject({ kv: { state: "not_bound" }, github: { state: "failed" } });
  });
});
