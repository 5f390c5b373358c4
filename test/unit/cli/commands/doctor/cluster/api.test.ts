import { describe, expect, test } from "vitest";
import { apiEndpointOf, readWhoAmI } from "../../../../../../src/cli/commands/doctor/cluster/api.ts";
import { checkKubernetes } from "../../../../../../src/cli/commands/doctor/cluster/kubernetes.ts";
import type { HttpsResponse } from "../../../../../../src/node/https.ts";

function answer(status: number, body: unknown): HttpsResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answered", status, headers: {}, body: text, durationMs: 5 };
}

const refusal = (message: string) => ({ kind: "Status", apiVersion: "v1", status: "Failure", message });

describe("an answer to a SelfSubjectReview", () => {
  test("has the whole user", () => {
    const userInfo = { username: "github:octocat:583231", uid: "583231", groups: ["github:acme"], extra: { a: ["b"] } };
    const review = { kind: "SelfSubjectReview", status: { userInfo } };
    expect(readWhoAmI(answer(201, review))).toEqual({ kind: "known", user: userInfo });
    const anonymous = { kind: "SelfSubjectReview", status: { userInfo: { username: "x" } } };
    expect(readWhoAmI(answer(201, anonymous))).toMatchObject({ user: { uid: "", groups: [], extra: {} } });
  });

  test("of a cluster older than 1.28 has the name alone, in a refusal", () => {
    // Kubernetes 1.20's own words, as test/e2e has them.
    const message =
      'selfsubjectreviews.authentication.k8s.io is forbidden: User "github:octocat:583231" cannot create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope';
    expect(readWhoAmI(answer(403, refusal(message)))).toEqual({ kind: "named", username: "github:octocat:583231" });
    expect(readWhoAmI(answer(404, refusal("the server could not find the requested resource")))).toEqual({
      kind: "unnamed",
    });
  });

  test("is no name where the cluster knows no one", () => {
    expect(readWhoAmI(answer(401, refusal("Unauthorized")))).toEqual({ kind: "refused" });
    const anonymous = 'x is forbidden: User "system:anonymous" cannot create resource "x"';
    expect(readWhoAmI(answer(403, refusal(anonymous)))).toEqual({ kind: "refused" });
  });

  test.each([
    answer(200, "<html>"),
    answer(403, "<html>"),
    answer(404, ""),
    answer(502, "bad gateway"),
    answer(201, {}),
  ])("from something else is a failure: %j", (other) => {
    expect(readWhoAmI(other).kind).toBe("failed");
  });
});

describe("the check of kube-apiserver", () => {
  test.each([
    ["v1.37.2", "trusts issuers by AuthenticationConfiguration v1"],
    ["v1.30.14-eks-1234567", "trusts issuers by AuthenticationConfiguration v1beta1"],
    ["v1.29.1", "trusts one issuer by --oidc-… flags, without uid and extra"],
    ["v1.20.2", "trusts one issuer by --oidc-… flags, without uid and extra; knows no kubectl auth whoami"],
    ["v2.0.0", "a release that is not known here"],
  ])("says what %s can", (gitVersion, can) => {
    expect(checkKubernetes(answer(200, { gitVersion }))).toEqual({
      state: "ok",
      seen: `${gitVersion} answers in 5 ms; ${can}`,
    });
  });

  test("is in order where a cluster tells its release to no one, and broken where something else answers", () => {
    expect(checkKubernetes(answer(401, refusal("Unauthorized"))).state).toBe("ok");
    expect(checkKubernetes(answer(502, "<html>")).seen).toBe("something else answers in its place: HTTP 502");
    expect(checkKubernetes({ kind: "failed", why: "nothing listens there" }).state).toBe("broken");
  });
});

describe("kube-apiserver's address", () => {
  const access = {
    server: "https://rancher.acme.dev/k8s/clusters/c-1/",
    authorities: null,
    tlsServerName: null,
    proxyUrl: null,
  };

  test("may have a path, a port, another name in the certificate, and a proxy", () => {
    expect(apiEndpointOf(access, 1000, {})).toMatchObject({
      ...{ hostname: "rancher.acme.dev", basePath: "/k8s/clusters/c-1", proxy: null },
      connect: { host: "rancher.acme.dev", port: 443 },
    });
    const other = {
      ...access,
      server: "https://[::1]:6443",
      tlsServerName: "kubernetes",
      proxyUrl: "http://proxy:3128",
    };
    const endpoint = apiEndpointOf(other, 1000, {});
    expect(endpoint).toMatchObject({ hostname: "kubernetes", basePath: "", connect: { host: "::1", port: 6443 } });
    expect(endpoint.proxy?.href).toBe("http://proxy:3128/");
  });

  test("is not asked by way of a proxy that is not known here", () => {
    expect(() => apiEndpointOf({ ...access, proxyUrl: "socks5://u:secret@proxy" }, 1000, {})).toThrow(
      /no http or https/,
    );
  });
});
