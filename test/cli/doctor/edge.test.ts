// The checks at the edge, each broken once: what answers in the Worker's place, which requests are let through, and
// whether the certificate is asked for.
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { issueCertificate, makeAuthority } from "../../../src/local/certificates.ts";
import { type EdgeErrorCase, type EdgeErrorForm, edgeError, edgeErrorCases } from "../../support/edge-errors.ts";
import {
  type Changes,
  type Examined,
  examine,
  json,
  page,
  type Scene,
  startScene,
  within,
} from "../support/doctor-scene.ts";

const ruleBlocks = { status: 403, code: 1020, title: "Access denied" };

function sendEdgeError(response: ServerResponse, error: Omit<EdgeErrorCase, "said">, form: EdgeErrorForm): true {
  const { type, body } = edgeError(error, form);
  response.writeHead(error.status, { "Content-Type": type }).end(body);
  return true;
}

let scene: Scene | null = null;
afterEach(() => scene?.close());

async function examineWith(changes: Changes, args: readonly string[] = []): Promise<Examined> {
  scene = await startScene(changes);
  return examine(scene, ["--connect", `127.0.0.1:${scene.port}`, ...args]);
}

/** One of those that are told alike; test/unit/cli/commands/doctor/reading.test.ts has all of them. */
const toldOnce = [...new Map(edgeErrorCases.map((one) => [String(one.said), one])).values()];

describe("what answers in the Worker's place", () => {
  test.each<[string, NonNullable<Changes["answer"]>, RegExp]>([
    [
      "a challenge page",
      (_, response) => page(response, 403, "Just a moment...", { "cf-mitigated": "challenge" }),
      /challenge page/,
    ],
    [
      "a challenge page that lost its header on the way",
      (_, response) => page(response, 503, '<script src="/cdn-cgi/challenge-platform/h/b"></script>'),
      /challenge page/,
    ],
    [
      "a challenge page for reviews alone",
      ({ method, isVerified }, response) =>
        method === "POST" && isVerified && page(response, 403, "", { "cf-mitigated": "challenge" }),
      /challenge page/,
    ],
    [
      "a redirect",
      (_, response) => page(response, 301, "", { Location: "https://www.acme.dev/" }),
      /^a redirect \(HTTP 301\) to https:\/\/www.acme.dev\/$/,
    ],
    [
      "Cloudflare Access",
      (_, response) => page(response, 302, "", { Location: "https://acme.cloudflareaccess.com/cdn-cgi/access/login" }),
      /a redirect/,
    ],
    ["a web page", (_, response) => page(response, 200, "This domain is parked"), /HTTP 200 with an HTML page/],
    ["another API", (_, response) => json(response, 200, { hello: "world" }), /something other than Octogate/],
  ])("%s", async (_, answer, said) => {
    const { exitCode, failing, seen, checks } = await examineWith({ answer });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ edge: "broken" });
    expect(seen("edge")).toMatch(said);
    expect(checks.find(({ name }) => name === "review")).toMatchObject({ state: "skipped", blockedBy: "edge" });
  });

  describe.each(["html", "json"] as const)("an error of Cloudflare's own in %s", (form) => {
    test.each(toldOnce)("$code for every request", async (error) => {
      const { exitCode, failing, seen, checks } = await examineWith({
        answer: (_, response) => sendEdgeError(response, error, form),
      });
      expect(exitCode).toBe(1);
      expect(failing).toEqual({ edge: "broken" });
      expect(seen("edge")).toContain(`error code ${error.code}`);
      expect(seen("edge")).toMatch(error.said);
      expect(checks.find(({ name }) => name === "edge")?.hint).toBeTruthy();
      expect(checks.find(({ name }) => name === "firewall")).toMatchObject({ state: "skipped", blockedBy: "edge" });
    });

    test("1027 behind the firewall rule, which blocks with 1020 as always", async () => {
      const spent = { status: 429, code: 1027, title: "This website has been temporarily rate limited" };
      const { failing, seen } = await examineWith({
        answer: ({ isVerified }, response) => sendEdgeError(response, isVerified ? spent : ruleBlocks, form),
      });
      expect(failing).toEqual({ edge: "broken" });
      expect(seen("edge")).toContain("the account's requests of the day are spent");
    });

    test("1020 for requests without a certificate alone is the rule at work", async () => {
      const { exitCode, failing, seen } = await examineWith({
        answer: ({ isVerified }, response) => !isVerified && sendEdgeError(response, ruleBlocks, form),
      });
      expect(exitCode).toBe(0);
      expect(failing).toEqual({});
      expect(seen("firewall")).toContain("error code 1020");
    });

    test("1020 with the certificate, too, is told at mutual TLS", async () => {
      const { failing, seen } = await examineWith({
        answer: (_, response) => sendEdgeError(response, ruleBlocks, form),
      });
      expect(failing).toEqual({ "mutual-tls": "broken" });
      expect(seen("mutual-tls")).toContain("blocks this certificate");
    });

    test.each(["POST", "GET"])("1102 for %s with the certificate alone is told at the edge", async (verb) => {
      const exhausted = { status: 503, code: 1102, title: "Worker exceeded resource limits" };
      const { exitCode, failing, seen } = await examineWith({
        answer: ({ isVerified, method }, response) =>
          isVerified && method === verb && sendEdgeError(response, exhausted, form),
      });
      expect(exitCode).toBe(1);
      expect(failing).toEqual({ edge: "broken" });
      expect(seen("edge")).toContain("error code 1102");
    });

    test("1015 for requests without a certificate says nothing about the rule", async () => {
      const limited = { status: 429, code: 1015, title: "You are being rate limited" };
      const { failing, seen } = await examineWith({
        answer: ({ isVerified }, response) => !isVerified && sendEdgeError(response, limited, form),
      });
      expect(failing).toEqual({});
      expect(seen("firewall")).toMatch(/^cannot be told: .*error code 1015/);
    });
  });

  test("the requests have kube-apiserver's form: the edge goes by it", async () => {
    const { checks } = await examineWith({});
    expect(checks.find(({ state }) => state === "broken")).toBeUndefined();
    for (const { headers } of scene?.requests ?? []) {
      expect(headers).toMatchObject({ "user-agent": "Go-http-client/2.0", accept: "application/json, */*" });
    }
  });

  test("a challenge, with each kind of bot protection and the way out of it", async () => {
    const { checks } = await examineWith({
      answer: (_, response) => page(response, 403, "", { "cf-mitigated": "challenge" }),
    });
    const hint = checks.find(({ name }) => name === "edge")?.hint ?? "";
    expect(hint).toMatch(/Bot Fight Mode: turn it off for the zone, or .* IP Access rule/);
    expect(hint).toMatch(/Super Bot Fight Mode: skip it by a custom rule/);
    expect(hint).toMatch(/Under Attack mode: lower the security level by a configuration rule/);
  });

  test("nothing: the handshake goes well, and no answer ever comes", async () => {
    const { failing, seen } = await examineWith({ answer: () => true }, ["--timeout", "2"]);
    expect(failing).toEqual({ edge: "broken" });
    expect(seen("edge")).toContain("no answer within 2 s");
  });

  test("what a server says cannot reach the terminal's controls", async () => {
    const { seen } = await examineWith({
      answer: (_, response) =>
        json(response, 403, { kind: "Status", message: "no client certificate\u001b]0;x\u0007\n" }),
    });
    expect(JSON.stringify(seen("mutual-tls"))).not.toMatch(/\\u00|\\n/);
  });
});

describe("the firewall", () => {
  test("that lets every request through to the Worker is a warning: the Worker refuses", async () => {
    const { exitCode, failing, seen } = await examineWith({ hasFirewall: false });
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ firewall: "warning" });
    expect(seen("firewall")).toContain("the Worker refuses them");
  });

  test("that answers with a JSON of its own is told apart from the Worker", async () => {
    const message = "no valid client certificate: blocked before it came to Octogate";
    const { failing } = await examineWith({
      answer: ({ isVerified }, response) =>
        !isVerified && json(response, 403, { kind: "Status", apiVersion: "v1", status: "Failure", message, code: 403 }),
    });
    expect(failing).toEqual({});
  });

  test.each([401, 418])("that answers with %i is one all the same", async (status) => {
    const { failing } = await examineWith({
      answer: ({ isVerified }, response) => !isVerified && json(response, status, { error: "certificate required" }),
    });
    expect(failing).toEqual({});
  });

  test("behind which another service reviews tokens without a certificate", async () => {
    const review = { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", status: { authenticated: false } };
    const { exitCode, failing } = await examineWith({
      answer: ({ isVerified }, response) => !isVerified && json(response, 200, review),
    });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ firewall: "broken" });
  });
});

describe("mutual TLS", () => {
  test("an edge that asks for no certificate, and a Worker that so sees none", async () => {
    const { exitCode, failing, seen } = await examineWith({ asksForCertificate: false, hasFirewall: false });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ firewall: "warning", "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("asks for no client certificate");
  });

  test("an edge that asks for no certificate, and a firewall that so blocks every request", async () => {
    const { failing, seen, checks } = await examineWith({ asksForCertificate: false });
    expect(failing).toEqual({ "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("asks for no client certificate");
    expect(checks.find(({ name }) => name === "mutual-tls")?.hint).toContain("associates the hostname");
  });

  test("a certificate that gets lost between the handshake and the Worker", async () => {
    const clientAuth = { certPresented: "0", certVerified: "NONE", certFingerprintSHA256: "" };
    const { failing, seen } = await examineWith({ clientAuth, hasFirewall: false });
    expect(failing).toEqual({ firewall: "warning", "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("it was presented");
  });

  test("a certificate of another authority, which the firewall blocks", async () => {
    const client = await issueCertificate(await makeAuthority(within(-1, 90)), "production", "client", within(-1, 90));
    const { failing, seen } = await examineWith({ client });
    expect(failing).toEqual({ "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("blocks this certificate");
  });

  test("a certificate of another authority, which the Worker refuses", async () => {
    const client = await issueCertificate(await makeAuthority(within(-1, 90)), "production", "client", within(-1, 90));
    const { failing, seen } = await examineWith({ client, hasFirewall: false });
    expect(failing).toEqual({ firewall: "warning", "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("is not verified");
  });

  test("a certificate that is revoked", async () => {
    const { failing, seen } = await examineWith({ clientAuth: { certRevoked: "1" } });
    expect(failing).toEqual({ "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("blocks this certificate");
  });

  test("a certificate that is revoked, where there is no firewall", async () => {
    const { failing, seen } = await examineWith({ clientAuth: { certRevoked: "1" }, hasFirewall: false });
    expect(failing).toEqual({ firewall: "warning", "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("is revoked");
  });

  test("an edge that hangs up once a certificate is presented", async () => {
    const { failing, seen } = await examineWith({
      answer: ({ isVerified }, response) => {
        if (isVerified) response.destroy();
        return isVerified;
      },
    });
    expect(failing).toEqual({ "mutual-tls": "broken" });
    expect(seen("mutual-tls")).toContain("once the certificate is presented");
  });
});
