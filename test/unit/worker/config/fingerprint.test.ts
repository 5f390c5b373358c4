import { expect, test } from "vitest";
import { normaliseFingerprint } from "../../../../src/worker/config/cluster.ts";

const hex = "0123456789abcdef".repeat(4);

test.each([hex, hex.toUpperCase(), hex.replace(/..(?=.)/g, "$&:"), hex.toUpperCase().replace(/..(?=.)/g, "$&:")])(
  "%s is a fingerprint",
  (value) => {
    expect(normaliseFingerprint(value)).toBe(hex);
  },
);

test.each([
  "",
  ":",
  hex.slice(1),
  `${hex}0`,
  `g${hex.slice(1)}`,
  ` ${hex}`,
  `${hex}\n`,
  "a1".repeat(20),
  "<sha256 fingerprint, 64 hex digits>",
  undefined,
  null,
  0,
  {},
  [hex],
])("%j is none", (value) => {
  expect(normaliseFingerprint(value)).toBeNull();
});
