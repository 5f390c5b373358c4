// Tokens that GitHub does not issue to people, made at run time: kube-apiserver hands them to its webhook because no
// other authenticator knew them.
import { randomBytes, randomInt } from "node:crypto";
import { makeToken } from "../../src/local/github/token.ts";
import type { ForeignKind } from "../../src/worker/credential/kind.ts";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function makeServiceAccountToken(): string {
  const claims = {
    iss: "https://kubernetes.default.svc",
    sub: "system:serviceaccount:default:default",
    aud: ["vault"],
  };
  return [encode({ alg: "RS256", kid: "k" }), encode(claims), randomBytes(256).toString("base64url")].join(".");
}

function makeBootstrapToken(): string {
  const hex = randomBytes(11).toString("hex");
  return `${hex.slice(0, 6)}.${hex.slice(6)}`;
}

/** A classic token in which a character is wrong: its checksum tells. */
function makeMistypedToken(): string {
  const token = makeToken("classic");
  const at = 10 + randomInt(20);
  return token.slice(0, at) + (token[at] === "x" ? "y" : "x") + token.slice(at + 1);
}

export const foreignTokens: readonly (readonly [ForeignKind, string, () => string])[] = [
  ["jwt", "a service account's token", makeServiceAccountToken],
  ["bootstrap", "a bootstrap token", makeBootstrapToken],
  ["github_installation", "an installation's token", () => makeToken("installation")],
  ["github_installation", "an installation's token in the long form", () => `ghs_${makeServiceAccountToken()}`],
  ["github_installation", "an installation's token of old", () => `v1.${randomBytes(20).toString("hex")}`],
  ["github_refresh", "a refresh token", () => makeToken("refresh")],
  ["github_malformed", "a mistyped classic token", makeMistypedToken],
  ["github_malformed", "a classic token with a blank at its end", () => `${makeToken("classic")} `],
  ["github_malformed", "a classic token with a line end", () => `${makeToken("classic")}\n`],
  ["github_malformed", "a fine-grained token that is cut short", () => makeToken("fine_grained").slice(0, -1)],
  ["github_malformed", "a classic token of 200 KB", () => `ghp_${"x".repeat(200_000)}`],
  ["github_malformed", "an app's token of 200 KB", () => `ghu_${"x".repeat(200_000)}`],
  ["other", "forty hexadecimal digits in capitals", () => randomBytes(20).toString("hex").toUpperCase()],
  ["other", "two tokens at once", () => `x ${makeToken("classic")}`],
  ["other", "a blank", () => " "],
  ["other", "random bytes", () => randomBytes(64).toString("latin1")],
  ["other", "control characters", () => "\u0000\u0001\r\n\u007f\u2028"],
  ["other", "half of a surrogate pair", () => "\ud800"],
  ["other", "another script and an emoji", () => "т\u043eкен🐙"],
  ["other", "what could be a header's end", () => "x\r\nHost: attacker.test"],
  ["other", "a letter", () => "x"],
];
