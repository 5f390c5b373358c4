// The end of a token, as the header `github-authentication-token-expiration` writes it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTokenExpiry } from "../../../../src/worker/github/account.ts";

test("a token without the header never ends", () => {
  expect(parseTokenExpiry(null)).toEqual({ kind: "never" });
});

test.each([
  ["2022-09-29 09:53:54 UTC", "2022-09-29T09:53:54Z"],
  ["2023-06-08 03:28:00 UTC", "2023-06-08T03:28:00Z"],
  ["2024-02-08 10:25:04 +0000", "2024-02-08T10:25:04Z"],
  ["2023-07-19 10:23:39 +0100", "2023-07-19T09:23:39Z"],
  ["2023-04-14 15:56:10 +0200", "2023-04-14T13:56:10Z"],
  ["2023-06-14 15:09:46 -0700", "2023-06-14T22:09:46Z"],
  ["2023-06-14 15:09:46 +0530", "2023-06-14T09:39:46Z"],
  [" 2022-09-29 09:53:54 UTC ", "2022-09-29T09:53:54Z"],
])("%j ends at %s", (header, end) => {
  expect(parseTokenExpiry(header)).toEqual({ kind: "at", epochMs: Date.parse(end) });
});

test.each([
  "",
  " ",
  "never",
  "2023-13-08 03:28:00 UTC",
  "2023-00-08 03:28:00 UTC",
  "2023-06-32 03:28:00 UTC",
  "2023-06-08 25:28:00 UTC",
  "2023-06-08 03:60:00 UTC",
  "2023-06-08 03:28:00 +2500",
  "2023-06-08 03:28:00",
  "2023-06-08 03:28:00 CET",
  "2023-06-08 03:28:00 +01:00",
  "2023-06-08T03:28:00Z",
  "2023-06-08",
  "Thu, 08 Jun 2023 03:28:00 GMT",
  "1686194880",
  "2023-06-08 03:28:00 UTC, 2023-06-08 03:28:00 UTC",
  "x2023-06-08 03:28:00 UTC",
])("%j is unreadable, and never counts as 'never'", (header) => {
  expect(parseTokenExpiry(header)).toEqual({ kind: "unreadable" });
});

test("no header at all makes of a token one that never ends", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (header) => {
      const expiry = parseTokenExpiry(header);
      expect(expiry.kind).not.toBe("never");
      if (expiry.kind === "at") expect(Number.isSafeInteger(expiry.epochMs)).toBe(true);
    }),
  );
});
