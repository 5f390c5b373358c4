// Why GitHub shows something not at all or not whole, in words: then there is no report.
import { proxyHint } from "../../../node/proxy.ts";
import { reasons } from "../../../worker/reasons.ts";
import { type CliError, cliError } from "../../command.ts";
import type { Failure } from "./endpoints.ts";

/**
 * @param subject what was looked up
 * @returns the exception that ends the command
 */
export function lookupError(subject: string, failure: Failure, absentHint?: string): CliError {
  const { message, hint } = wordsOf(failure, absentHint);
  return cliError(subject, `${message}: there is no report`, hint);
}

function wordsOf(failure: Failure, absentHint?: string): { readonly message: string; readonly hint?: string } {
  switch (failure.kind) {
    case "absent":
      return { message: "GitHub shows no such thing to this credential", ...(absentHint && { hint: absentHint }) };
    case "refused":
      return {
        message: "GitHub refuses the token: it is revoked, expired or made up",
        hint: "use one that works",
      };
    case "suspended":
      return { message: "GitHub has suspended the token's account" };
    case "unrecognised":
      return reasonWords("token_unrecognised");
    case "hidden": {
      const words = reasonWords(failure.reason);
      return failure.ssoUrl === null ? words : { ...words, hint: `authorise the token: ${failure.ssoUrl}` };
    }
    case "denied":
    case "limited":
    case "unavailable":
      return reasonWords(failure.reason);
  }
}

function reasonWords(reason: keyof typeof reasons): { readonly message: string; readonly hint?: string } {
  const { problem, hint: said } = reasons[reason];
  const hint = reason === "github_unreachable" ? `${said} ${proxyHint}` : said;
  return { message: `${problem} (${reason})`, ...(hint === null ? {} : { hint }) };
}
