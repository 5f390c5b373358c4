import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checksumOf, hasValidChecksum } from "../../../../src/worker/credential/checksum.ts";

/** Published by GitHub and by scanners of leaked tokens; without a prefix they are no tokens. */
const vectors: [body: string, checksum: string][] = [
  ["zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"],
  ["adE7dp8rHP6gUTuPwxLTZjZdtya3sV", "0UQzQM"],
  ["H3xbiBdlzffNx7Y56iNsPw3joObj7U", "2nO29h"],
  ["A".repeat(30), "0uCPlr"],
];

test.each(vectors)("the checksum of %s is %s", (body, checksum) => {
  expect(checksumOf(body)).toBe(checksum);
  expect(hasValidChecksum(body + checksum)).toBe(true);
});

test("the sample in GitHub's documentation has a wrong checksum", () => {
  expect(hasValidChecksum("16C7e42F292c6912E7710c838347Ae178B4a")).toBe(false);
  expect(checksumOf("16C7e42F292c6912E7710c838347Ae")).toBe("4H2Y7G");
});

test("a checksum has always six characters, and stands for the CRC-32 of IEEE 802.3", () => {
  const valueOfDigit = (digit: string) =>
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".indexOf(digit);
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
      const checksum = checksumOf(text);
      expect(checksum).toHaveLength(6);
      expect([...checksum].reduce((value, digit) => value * 62 + valueOfDigit(digit), 0)).toBe(crc32(text));
    }),
  );
});
