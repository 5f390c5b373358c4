// Credential id: the name of a token that may be written down. It is the hash under which GitHub's own audit log knows
// the token (`hashed_token`), so that a cluster's audit log and GitHub's can be joined. It is a hash of a secret with
// far more than 128 bits of entropy: the token cannot be guessed from it.

/**
 * @param token a GitHub token
 * @returns `GITHUBSHA256=` and the padded base64 of the token's SHA-256
 */
export async function credentialIdOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return `GITHUBSHA256=${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
