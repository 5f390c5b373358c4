// The name under which a token may be written down, computed apart from the Worker's own code: GitHub's `hashed_token`.
import { createHash } from "node:crypto";

/** @returns `GITHUBSHA256=` and the padded base64 of the token's SHA-256 */
export function credentialIdOf(token: string): string {
  return `GITHUBSHA256=${createHash("sha256").update(token).digest("base64")}`;
}
