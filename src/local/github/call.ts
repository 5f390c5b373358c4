// One request to the API as routes and behaviours see it: read once, and with what the stand-in already found out about who sends it.
import type { IncomingMessage } from "node:http";
import type { AppSignIn } from "./app-jwt.ts";
import type { RegisteredApp } from "./apps.ts";
import type { Grant } from "./directory.ts";
import type { RateLimitBucket } from "./rate-limit.ts";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Empty for all methods that have none. */
  readonly body: string;
  readonly token: string | null;
  readonly basic: BasicCredentials | null;
  readonly userAgent: string | null;
  readonly ifNoneMatch: string | null;
  /** As the request asks for it, supported or not. */
  readonly apiVersion: string;
  /** Null without a token and for one that is not known. */
  readonly grant: Grant | null;
  /** Who signs in as an app, with a JWT, and what is wrong with it. */
  readonly appSignIn: AppSignIn;
  /** The app whose client id and secret the request shows, or null. */
  readonly client: RegisteredApp | null;
  /** The token's owner's bucket, or that of the caller's address. */
  readonly bucket: RateLimitBucket;
  readonly requestId: string;
  /** The API's own address, which bodies refer to. */
  readonly apiUrl: string;
  readonly now: Date;
}

export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

export const defaultApiVersion = "2022-11-28";

/** What a request says by itself, but for its body. */
export function readRequest(
  request: IncomingMessage,
): Pick<Call, "method" | "path" | "query" | "token" | "basic" | "userAgent" | "ifNoneMatch" | "apiVersion"> {
  const version = request.headers["x-github-api-version"];
  const [path = "", ...query] = request.url?.split("?") ?? [];
  return {
    method: request.method ?? "",
    path,
    query: new URLSearchParams(query.join("?")),
    token: tokenIn(request.headers.authorization),
    basic: basicIn(request.headers.authorization),
    userAgent: request.headers["user-agent"] || null,
    ifNoneMatch: request.headers["if-none-match"] ?? null,
    apiVersion: typeof version === "string" ? version : defaultApiVersion,
  };
}

/** GitHub takes both schemes for all kinds of tokens. */
function tokenIn(authorization: string | undefined): string | null {
  return /^(?:bearer|token) +(\S.*)$/i.exec(authorization ?? "")?.[1] ?? null;
}

function basicIn(authorization: string | undefined): BasicCredentials | null {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return null;
  const [name = "", ...password] = Buffer.from(encoded, "base64").toString().split(":");
  return { name, password: password.join(":") };
}
