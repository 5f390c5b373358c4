// Tokens as people hand them over, in a variable or a file.
import { cliError } from "./command.ts";

/** What a header can hold. */
const tokenPattern = /^[\x21-\x7e]{1,8192}$/;

/**
 * @param source where the text comes from, for the message
 * @returns the token, or null where the text is empty
 * @throws CliError if it is something else, with what it looks like
 */
export function readToken(source: string, text: string): string | null {
  const hint = "the token alone, in UTF-8";
  // PowerShell 5 writes UTF-16: read as UTF-8, there is a NUL beside each letter.
  if (text.includes("\u0000")) throw cliError(source, "is in UTF-16, as PowerShell 5 writes files", hint);
  const token = text.replace(/^\ufeff/, "").trim();
  if (token === "") return null;
  if (/^(?:bearer|token|authorization:)\s/i.test(token)) {
    throw cliError(source, "holds a header, with a word before the token", hint);
  }
  if (/^["'].*["']$/s.test(token)) throw cliError(source, "holds a token in quotation marks", hint);
  if (!tokenPattern.test(token)) {
    throw cliError(source, "holds no token: it has spaces, or characters that no token has", hint);
  }
  return token;
}
