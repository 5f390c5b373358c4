import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { credentialIdOf } from "../../../../src/worker/credential/credential-id.ts";

test("the credential-id is the padded base64 of the token's SHA-256, as GitHub's audit log writes it", async () => {
  const token = makeToken("classic");
  expect(await credentialIdOf(token)).toBe(`GITHUBSHA256=${createHash("sha256").update(token).digest("base64")}`);
});

test("the credential-id of a known text", async () => {
  expect(await credentialIdOf("abc")).toBe("GITHUBSHA256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
});
