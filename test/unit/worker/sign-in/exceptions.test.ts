// An exception at the sign-in hostname: a fault of ours. Nothing is given out, the client may try again, and the log
// says where it was thrown, without a word of what was being worked on.
import { expect, onTestFinished, test, vi } from "vitest";
import { expectError, startSignIn } from "./support/app.ts";

test("of the signature is answered as a passing fault, logged, and leaves no token", async () => {
  const { refreshTokenOf, refresh, errors, github } = startSignIn();
  const token = github.addToken();
  const refreshToken = await refreshTokenOf({ token });
  expect((await refresh(refreshToken)).status).toBe(200);
  const sign = vi.spyOn(crypto.subtle, "sign").mockRejectedValue(new Error(`cannot sign with ${token}`));
  onTestFinished(() => sign.mockRestore());
  const answer = await refresh(refreshToken);
  expectError(answer, "temporarily_unavailable", 503);
  expect(errors).toEqual([expect.stringMatching(/^an exception: Error\n\s+at /)]);
  expect(errors.join()).not.toContain(token);
});

test("of the decision has a line of its own", async () => {
  const { refreshTokenOf, refresh, decisions } = startSignIn();
  expect((await refresh(await refreshTokenOf())).status).toBe(200);
  const refreshToken = await refreshTokenOf();
  const { digest: real } = crypto.subtle;
  const digest = vi.spyOn(crypto.subtle, "digest").mockRejectedValue(new Error("no digest"));
  // The count of refreshes comes before the decision.
  digest.mockImplementationOnce((...args) => real.apply(crypto.subtle, args));
  onTestFinished(() => digest.mockRestore());
  expectError(await refresh(refreshToken), "temporarily_unavailable", 503);
  const line = decisions()[1];
  expect(line).toMatchObject({
    door: "sign-in",
    client: "production",
    grant: "refresh_token",
    reason: "internal_error",
  });
  expect(line).not.toHaveProperty("tokenId");
});

test("that is no Error is answered in the same way", async () => {
  const { refreshTokenOf, refresh, errors } = startSignIn();
  const refreshToken = await refreshTokenOf();
  const importKey = vi.spyOn(crypto.subtle, "importKey").mockRejectedValue("a word");
  onTestFinished(() => importKey.mockRestore());
  expectError(await refresh(refreshToken), "temporarily_unavailable", 503);
  expect(errors.join("\n")).toContain("what was thrown is no Error");
});
