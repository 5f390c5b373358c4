import { describe, expect, test } from "vitest";
import { makeToken, type StandInTokenKind } from "../../../../src/local/github/token.ts";

const sampleCount = 200;

/** Bit by bit, by the polynomial of IEEE 802.3: nothing in common with the code under test. */
function crc32BitByBit(text: string): number {
  let register = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit += 1) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1;
  }
  return ~register >>> 0;
}

function valueOfBase62(digits: string): number {
  const valueOfDigit = (digit: string) => {
    if (/[0-9]/.test(digit)) return digit.charCodeAt(0) - 48;
    return /[A-Z]/.test(digit) ? digit.charCodeAt(0) - 65 + 10 : digit.charCodeAt(0) - 97 + 36;
  };
  return [...digits].reduce((value, digit) => value * 62 + valueOfDigit(digit), 0);
}

function samplesOf(kind: StandInTokenKind): string[] {
  return Array.from({ length: sampleCount }, () => makeToken(kind));
}

const shapes: [StandInTokenKind, RegExp][] = [
  ["classic", /^ghp_[0-9A-Za-z]{36}$/],
  ["oauth", /^gho_[0-9A-Za-z]{36}$/],
  ["app", /^ghu_[0-9A-Za-z]{36}$/],
  ["installation", /^ghs_[0-9A-Za-z]{36}$/],
  ["refresh", /^ghr_[0-9A-Za-z]{76}$/],
  ["fine_grained", /^github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}$/],
  ["legacy", /^[0-9a-f]{40}$/],
];

describe("makeToken", () => {
  test.each(shapes)("gives a token of kind %s GitHub's shape", (kind, shape) => {
    for (const token of samplesOf(kind)) expect(token).toMatch(shape);
  });

  test.each(["classic", "oauth", "app", "installation", "refresh"] as const)(
    "ends a token of kind %s with the CRC-32 of its random part in base 62",
    (kind) => {
      for (const token of samplesOf(kind)) {
        expect(valueOfBase62(token.slice(-6))).toBe(crc32BitByBit(token.slice(4, -6)));
      }
    },
  );

  test("never makes the same token twice", () => {
    for (const [kind] of shapes) expect(new Set(samplesOf(kind)).size).toBe(sampleCount);
  });

  test("the checksum is computed here as GitHub published it", () => {
    expect(valueOfBase62("0uCPlr")).toBe(crc32BitByBit("A".repeat(30)));
  });
});
