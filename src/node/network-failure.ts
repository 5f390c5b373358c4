// The words for a failed name, connection or handshake. Node gives a code; people search for the code, so it stays.

const words: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "there is no such name"],
  ["EAI_AGAIN", "the resolver does not answer"],
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "the other side hung up"],
  ["EPIPE", "the other side hung up"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ENETUNREACH", "there is no way to that network"],
  ["ETIMEDOUT", "no answer"],
  ["CERT_HAS_EXPIRED", "the server's certificate has expired"],
  ["CERT_NOT_YET_VALID", "the server's certificate is not valid yet"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the server's certificate is for other names"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "the server's certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "no trusted authority signed the server's certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT", "no trusted authority signed the server's certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "no trusted authority signed the server's certificate"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "no trusted authority signed the server's certificate"],
]);

/** @param error as Node's network throws it */
export function failureText(error: unknown): string {
  const code = codeOf(error);
  const text = words.get(code);
  if (text !== undefined) return `${text} (${code})`;
  if (code !== "") return code;
  return error instanceof Error ? error.message : String(error);
}

/** @returns the code, also of the first failure among several addresses, or "" */
export function codeOf(error: unknown): string {
  if (typeof error === "string") return error;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether the server's certificate failed by its time alone: then this machine's clock may be to blame. */
export function isAboutTime(code: string): boolean {
  return code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID";
}
