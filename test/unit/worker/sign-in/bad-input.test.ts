// Requests that no right program sends, at every route that takes a form.
import { describe, expect, test } from "vitest";
import { expectError, startSignIn } from "./support/app.ts";

const formType = { "content-type": "application/x-www-form-urlencoded" };
const paths = ["/token", "/revoke", "/device_authorization"];

describe.each(paths)("%s refuses", (path) => {
  const post = (body: RequestInit["body"], headers: Record<string, string> = formType) => {
    const app = startSignIn();
    return app.ask(path, { method: "POST", body, headers, duplex: "half" } as RequestInit);
  };

  test.each([
    ["JSON", "application/json", '{"client_id":"production"}'],
    ["a form of parts", "multipart/form-data; boundary=x", "--x--"],
    ["plain text", "text/plain", "client_id=production"],
    ["no type at all", "", "client_id=production"],
    ["a type that only begins like a form", "application/x-www-form-urlencoded-not", "client_id=production"],
  ])("%s", async (_, type, body) => {
    const bytes = new TextEncoder().encode(body);
    expectError(await post(bytes, type === "" ? {} : { "content-type": type }), "invalid_request");
  });

  test.each([
    ["a parameter that is there twice", "client_id=production&client_id=production"],
    ["one that is there twice, once empty", "client_id=production&client_id="],
    ["an unknown one that is there twice", "client_id=production&x=1&x=2"],
    ["a percent sign alone", "client_id=production&code=%"],
    ["bytes that are no UTF-8", "client_id=production&code=%ff"],
    ["a name that is no UTF-8", "client_id=production&%ff=1"],
    ["a value without a name", "client_id=production&=1"],
  ])("%s", async (_, body) => {
    expectError(await post(body), "invalid_request");
  });

  test("raw bytes that are no UTF-8", async () => {
    expectError(await post(new Uint8Array([0x61, 0x3d, 0xff])), "invalid_request");
  });

  test("more than 16 KB, declared or not", async () => {
    const big = `client_id=production&x=${"a".repeat(16 * 1024)}`;
    expectError(await post(big), "invalid_request");
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(big));
        controller.close();
      },
    });
    expectError(await post(stream), "invalid_request");
  });

  test("a body that breaks off", async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("client_id=production&tok"));
        controller.error(new Error("the connection broke"));
      },
    });
    expectError(await post(stream), "invalid_request");
  });

  test("an empty body", async () => {
    const answer = await post("");
    expect([400, 401]).toContain(answer.status);
    expectError(answer, path === "/token" ? "invalid_request" : "invalid_client", path === "/token" ? 400 : 401);
  });

  test("not a charset that is named beside the right type", async () => {
    const answer = await post("client_id=nowhere&grant_type=refresh_token&token=x", {
      "content-type": "Application/X-WWW-Form-URLEncoded ; charset=utf-8",
    });
    expectError(answer, "invalid_client", 401);
  });
});

test.each(["password", "client_credentials", "implicit", "constructor", "refresh_token "])(
  "the grant type %j is unsupported",
  async (grantType) => {
    const { post } = startSignIn();
    expectError(await post("/token", { client_id: "production", grant_type: grantType }), "unsupported_grant_type");
  },
);

test.each(["constructor", "__proto__", "toString"])("the client %j does not exist", async (name) => {
  const { post } = startSignIn();
  const form = { client_id: name, grant_type: "refresh_token", refresh_token: "x" };
  expectError(await post("/token", form), "invalid_client", 401);
});

test("a client cannot choose what the ID token says", async () => {
  const { redeem, codeOf, claimsOf } = startSignIn();
  const form = { scope: "admin", groups: "system:masters", username: "root", audience: "staging", nonce: "other" };
  const { payload } = await claimsOf((await redeem(await codeOf(), form)).body.id_token);
  expect(payload).toMatchObject({ aud: "production", username: "octocat:583231", groups: [], nonce: "n-0S6_WzA2Mj" });
});
