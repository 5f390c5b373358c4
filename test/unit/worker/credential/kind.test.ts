import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeToken, type StandInTokenKind } from "../../../../src/local/github/token.ts";
import type { TokenKind } from "../../../../src/worker/config/cluster.ts";
import { checksumOf } from "../../../../src/worker/credential/checksum.ts";
import { type ForeignKind, recogniseCredential } from "../../../../src/worker/credential/kind.ts";

const people = ["classic", "fine_grained", "oauth", "app", "legacy"] as const;
const body = "H3xbiBdlzffNx7Y56iNsPw3joObj7U";
const jwtParts = ["eyJhbGciOiJSUzI1NiJ9", "eyJpc3MiOiJrdWJlcm5ldGVzIn0", "c2lnbmF0dXJlLXdpdGgtX2FuZC0"];
const jwt = jwtParts.join(".");
const statelessInstallation = `${"ghs"}_123456_${jwt}`;

const github = (tokenKind: TokenKind) => ({ kind: "github", tokenKind });
const foreign = (foreignKind: ForeignKind) => ({ kind: "foreign", foreignKind });

/** Takes another character of the same alphabet. */
function otherCharacter(character: string): string {
  return character === "x" ? "y" : "x";
}

describe("a token that GitHub gives to people", () => {
  test.each(people)("is recognised as %s, whichever shape is asked for", (kind) => {
    for (let count = 0; count < 200; count += 1) {
      const token = makeToken(kind);
      expect(recogniseCredential(token, "exact")).toEqual(github(kind));
      expect(recogniseCredential(token, "prefix")).toEqual(github(kind));
    }
  });

  test.each([
    ["oauth", "gho_"],
    ["app", "ghu_"],
  ] as const)("of kind %s may be longer than today's, with dots and dashes", (kind, prefix) => {
    const long = `${prefix}123456_${jwt}`;
    expect(recogniseCredential(long, "exact")).toEqual(github(kind));
    expect(recogniseCredential(prefix.padEnd(8192, "a"), "exact")).toEqual(github(kind));
    expect(recogniseCredential(prefix.padEnd(41, "a"), "exact")).toEqual(github(kind));
  });

  test.each(["classic", "oauth", "app"] as const)("of kind %s with a flipped character is malformed", (kind) => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 39 }), (index) => {
        const token = makeToken(kind);
        const flipped = token.slice(0, index) + otherCharacter(token.charAt(index)) + token.slice(index + 1);
        expect(recogniseCredential(flipped, "exact")).toEqual(foreign("github_malformed"));
      }),
    );
  });

  test("with a wrong checksum or another length goes to GitHub if the shape is 'prefix'", () => {
    expect(recogniseCredential(`ghp_${"x".repeat(36)}`, "exact")).toEqual(foreign("github_malformed"));
    expect(recogniseCredential(`ghp_${"x".repeat(36)}`, "prefix")).toEqual(github("classic"));
    expect(recogniseCredential(`ghp_${"x".repeat(60)}`, "prefix")).toEqual(github("classic"));
    expect(recogniseCredential(`gho_${"x".repeat(36)}`, "prefix")).toEqual(github("oauth"));
    expect(recogniseCredential(`ghu_${"x".repeat(36)}`, "prefix")).toEqual(github("app"));
    expect(recogniseCredential(`github_pat_${"x".repeat(36)}`, "prefix")).toEqual(github("fine_grained"));
  });
});

const jwtWith = (part: 0 | 1 | 2, text: string) =>
  jwtParts.map((own, index) => (index === part ? text : own)).join(".");

const foreignTokens: [description: string, token: string, kind: ForeignKind][] = [
  ["an installation token", makeToken("installation"), "github_installation"],
  ["a stateless installation token, though it has three parts with dots", statelessInstallation, "github_installation"],
  ["a legacy installation token", `v1.${"a1".repeat(20)}`, "github_installation"],
  ["a refresh token", makeToken("refresh"), "github_refresh"],
  ["a JWT", jwt, "jwt"],
  ["a JWT without a signature", jwtWith(2, ""), "jwt"],
  ["a bootstrap token", "abcdef.0123456789abcdef", "bootstrap"],
  ["something with two parts", "abcdef.0123456789abcde", "other"],
  ["a JWT with an empty head", jwtWith(0, ""), "other"],
  ["a JWT with another character", jwtWith(1, "a+b"), "other"],
  ["an empty string", "", "other"],
  ["a space", " ", "other"],
  ["a JWT of 1 MB", jwtWith(1, "a".repeat(1024 * 1024)), "jwt"],
  ["1 MB of one letter", "a".repeat(1024 * 1024), "other"],
  ["1 MB of dots", ".".repeat(1024 * 1024), "other"],
  ["1 MB behind a prefix", `ghu_${"a".repeat(1024 * 1024)}`, "github_malformed"],
  ["one character over the limit", "ghu_".padEnd(8193, "a"), "github_malformed"],
  ["a prefix alone", "ghp_", "github_malformed"],
  ["an unknown prefix with a right checksum", `ghx_${body}${checksumOf(body)}`, "other"],
  ["a prefix in upper case", `GHP_${body}${checksumOf(body)}`, "other"],
  ["a right token with a line's end", `${makeToken("classic")}\n`, "github_malformed"],
  ["a right token with a space before it", ` ${makeToken("classic")}`, "other"],
  ["a fine-grained token with a line's end", `${makeToken("fine_grained")}\n`, "github_malformed"],
  ["a fine-grained token that is too long", `${makeToken("fine_grained")}a`, "github_malformed"],
  [
    "a fine-grained token with another separator",
    makeToken("fine_grained").replace(/_(?=[^_]*$)/, "-"),
    "github_malformed",
  ],
  ["a legacy token with a line's end", `${makeToken("legacy")}\n`, "other"],
  ["a legacy token in upper case", "ABCDEF0123".repeat(4), "other"],
  ["a legacy token that is too short", "a".repeat(39), "other"],
  ["a legacy token that is too long", "a".repeat(41), "other"],
  ["an app token with a header's end in it", `ghu_${"a".repeat(40)}\r\nX-Forged: 1`, "github_malformed"],
  ["an app token with a letter that is not ASCII", `ghu_${"a".repeat(40)}é`, "github_malformed"],
  ["a classic token that is longer than it may be", `${makeToken("classic")}a`, "github_malformed"],
  ["an app token that is shorter than today's", "ghu_".padEnd(39, "a"), "github_malformed"],
];

describe("everything else ends here", () => {
  test.each(foreignTokens)("%s", (_, token, kind) => {
    expect(recogniseCredential(token, "exact")).toEqual(foreign(kind));
  });

  test("a token that no person gets is foreign also where the shape is 'prefix'", () => {
    const never: StandInTokenKind[] = ["installation", "refresh"];
    for (const kind of never) expect(recogniseCredential(makeToken(kind), "prefix")).toMatchObject({ kind: "foreign" });
    for (const token of [
      jwt,
      statelessInstallation,
      "abcdef.0123456789abcdef",
      "",
      "ghp_".padEnd(39, "a"),
      "ghu_".padEnd(8193, "a"),
    ]) {
      expect(recogniseCredential(token, "prefix")).toMatchObject({ kind: "foreign" });
    }
  });

  /** What GitHub documents, in other words than the code under test. */
  const gitHubShape = /^(?:gh[pou]_[A-Za-z0-9._-]{36,}|github_pat_[A-Za-z0-9._-]{36,}|[0-9a-f]{40})$/;
  const nearGitHub = fc
    .tuple(
      fc.constantFrom("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "v1.", ""),
      fc.string({ unit: fc.constantFrom(..."abcXYZ019._-+ \n\u0000é"), minLength: 30, maxLength: 90 }),
    )
    .map(([prefix, rest]) => prefix + rest);

  test("a string without any of GitHub's shapes is never taken for a GitHub token", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), nearGitHub),
        fc.constantFrom("exact", "prefix"),
        (token, shape) => {
          if (recogniseCredential(token, shape).kind === "github") expect(token).toMatch(gitHubShape);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("a good token with more around it", () => {
  const kinds = ["classic", "oauth", "app", "fine_grained", "legacy"] as const;
  const around = ["x", " ", "\n", "\t", "=", "\u0000"];

  test.each(kinds)("is not GitHub's, whichever shape counts: %s", (kind) => {
    for (const more of around) {
      for (const shape of ["exact", "prefix"] as const) {
        for (const text of [more + makeToken(kind), `${makeToken(kind)}${more === "x" ? "!" : more}`]) {
          expect(recogniseCredential(text, shape)).toMatchObject({ kind: "foreign" });
        }
      }
    }
  });

  test("is counted as what it is, and not as what stands in it", () => {
    const installation = `v1.${"a1".repeat(20)}`;
    expect(recogniseCredential(installation, "exact")).toEqual({ kind: "foreign", foreignKind: "github_installation" });
    for (const [text, foreignKind] of [
      [`!${installation}`, "other"],
      [`${installation}!`, "other"],
      ["!abcdef.0123456789abcdef", "other"],
      ["abcdef.0123456789abcdef!", "other"],
      ["eyJh.eyJi.c2ln!", "other"],
    ] as const) {
      expect(recogniseCredential(text, "exact")).toEqual({ kind: "foreign", foreignKind });
    }
  });
});
