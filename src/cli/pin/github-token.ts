// The token with which the command itself asks GitHub. Never an argument: those are seen by everybody on the machine.
import type { Context } from "../context.ts";
import type { Trouble } from "../report.ts";

export type GivenToken =
  | { readonly kind: "given"; readonly token: string | null }
  | { readonly kind: "wrong"; readonly trouble: Trouble };

/** What can stand in a header. */
const tokenPattern = /^[\x21-\x7e]{1,8192}$/;

/** @returns the token from stdin if that is asked for, or else GITHUB_TOKEN, or none */
export async function readGitHubToken(isOnStdin: boolean, { env, terminal }: Context): Promise<GivenToken> {
  const where = isOnStdin ? "stdin" : "GITHUB_TOKEN";
  const text = (isOnStdin ? ((await terminal.readInput()) ?? "") : (env.GITHUB_TOKEN ?? "")).trim();
  if (text === "") {
    return isOnStdin
      ? { kind: "wrong", trouble: { where, message: "holds no token", cure: "octogate pin --token-from-stdin < file" } }
      : { kind: "given", token: null };
  }
  if (tokenPattern.test(text)) return { kind: "given", token: text };
  return {
    kind: "wrong",
    trouble: { where, message: "holds no token: it has spaces, or characters that no token has" },
  };
}
