// Tokens in the formats that GitHub gives them, made at run time only: secret scanners look for tokens in files, and
// can't know that this one opens nothing.
import { randomBytes, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

export type StandInTokenKind = "classic" | "fine_grained" | "oauth" | "app" | "legacy" | "installation" | "refresh";

const base62Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checksumLength = 6;

/** @returns a random token of this kind; where GitHub's format has a checksum, it is right */
export function makeToken(kind: StandInTokenKind): string {
  switch (kind) {
    case "classic":
      return `ghp_${withChecksum(randomBase62(30))}`;
    case "oauth":
      return `gho_${withChecksum(randomBase62(30))}`;
    case "app":
      return `ghu_${withChecksum(randomBase62(30))}`;
    case "installation":
      return `ghs_${withChecksum(randomBase62(30))}`;
    case "refresh":
      return `ghr_${withChecksum(randomBase62(70))}`;
    case "fine_grained":
      return `github_pat_${randomBase62(22)}_${randomBase62(59)}`;
    case "legacy":
      return randomBytes(20).toString("hex");
  }
}

/** @returns a random client id as GitHub gives them to GitHub Apps */
export function makeAppClientId(): string {
  return `Iv23li${randomBase62(14)}`;
}

function randomBase62(length: number): string {
  return Array.from({ length }, () => base62Alphabet.charAt(randomInt(base62Alphabet.length))).join("");
}

function withChecksum(random: string): string {
  return random + base62(crc32(random)).padStart(checksumLength, "0");
}

function base62(value: number): string {
  const digit = base62Alphabet.charAt(value % 62);
  return value < 62 ? digit : base62(Math.floor(value / 62)) + digit;
}
