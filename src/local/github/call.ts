// One request to the API as routes and behaviours see it: read once, and with what the stand-in already found out about its token.
import type { IncomingMessage } from "node:http";
import type { Grant } from "./directory.ts";
import type { RateLimitBucket } from "./rate-limit.ts";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly userAgent: string | null;
  readonly ifNoneMatch: string | null;
  /** As the request asks for it, supported or not. */
  readonly apiVersion: string;
  /** Null without a token and for one that is not known. */
  readonly grant: Grant | null;
  /** The token's owner's bucket, or that of the caller's address. */
  readonly bucket: RateLimitBucket;
  readonly requestId: string;
  /** The API's own address, which bodies refer to. */
  readonly apiUrl: string;
  readonly now: Date;
}

export const defaultApiVersion = "2022-11-28";

/** What a request says by itself. */
export function readRequest(
  request: IncomingMessage,
): Pick<Call, "method" | "path" | "token" | "userAgent" | "ifNoneMatch" | "apiVersion"> {
  const version = request.headers["x-github-api-version"];
  return {
    method: request.method ?? "",
    path: request.url?.split("?", 1)[0] ?? "",
    token: tokenIn(request.headers.authorization),
    userAgent: request.headers["user-agent"] || null,
    ifNoneMatch: request.headers["if-none-match"] ?? null,
    apiVersion: typeof version === "string" ? version : defaultApiVersion,
  };
}

/** GitHub takes both schemes for all kinds of tokens. */
function tokenIn(authorization: string | undefined): string | null {
  return /^(?:bearer|token) +(\S.*)$/i.exec(authorization ?? "")?.[1] ?? null;
}
