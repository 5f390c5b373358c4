// What a client asks for at /authorize: parsed and checked (OpenID Connect Core, 3.1.2; RFC 6749, 4.1.1; RFC 7636,
// 4.3).
import * as v from "valibot";
import type { OpenIdClient } from "../config/sign-in.ts";
import { describeFault, type Parameters } from "./parameters.ts";
import type { AuthorizationRequest } from "./sealed-values.ts";

export type AuthorizationError =
  | "invalid_request"
  | "unsupported_response_type"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "login_required"
  | "access_denied"
  | "temporarily_unavailable";

export type ParsedAuthorization =
  | {
      readonly kind: "right";
      readonly request: AuthorizationRequest;
      /** The login that the client expects; null where it names none, or what cannot be one. */
      readonly loginHint: string | null;
      /** Whether the person shall choose an account at GitHub. */
      readonly selectAccount: boolean;
      /** Whether the person must be shown nothing (`prompt=none`). */
      readonly isSilent: boolean;
      /** `sub` of the ID token that the client has for the person; null where it sends none, "" for what is none. */
      readonly subjectHint: string | null;
    }
  | {
      readonly kind: "wrong";
      readonly error: AuthorizationError;
      readonly description: string;
      /** Null where the client sent none, or one that is too long to send back. */
      readonly state: string | null;
    };

/** It comes back to the client in an address, and waits in a cookie. */
const maxStateLength = 2048;
const maxNonceLength = 512;

/** Everybody gets the same, and is told so: a forgotten `groups` is the commonest mistake with other providers. */
export const grantedScope = "openid profile groups offline_access";

/** @param redirectUri is allowed to the client already */
export function parseAuthorization(
  parameters: Parameters,
  client: OpenIdClient,
  redirectUri: string,
): ParsedAuthorization {
  const needsSecret = client.secret !== null && redirectUri.startsWith("https://");
  const problem = problemIn(parameters, needsSecret);
  const state = parameters.get("state");
  if (problem !== null) {
    return { kind: "wrong", ...problem, state: state !== null && state.length > maxStateLength ? null : state };
  }
  const hint = parameters.get("login_hint");
  const prompt = parameters.get("prompt");
  const idTokenHint = parameters.get("id_token_hint");
  return {
    kind: "right",
    request: {
      redirectUri,
      state,
      nonce: parameters.get("nonce"),
      challenge: parameters.get("code_challenge"),
      needsSecret,
    },
    loginHint: hint !== null && /^[A-Za-z0-9_-]{1,39}$/.test(hint) ? hint : null,
    selectAccount: prompt !== null && prompt !== "none",
    isSilent: prompt === "none",
    subjectHint: idTokenHint === null ? null : subjectIn(idTokenHint),
  };
}

/** @returns the request alone, without what else a sealed value holds */
export function authorizationRequestOf(value: AuthorizationRequest): AuthorizationRequest {
  const { redirectUri, state, nonce, challenge, needsSecret } = value;
  return { redirectUri, state, nonce, challenge, needsSecret };
}

interface Problem {
  readonly error: AuthorizationError;
  readonly description: string;
}

function problemIn(parameters: Parameters, needsSecret: boolean): Problem | null {
  for (const fault of parameters.faults) return invalid(describeFault(fault));
  const get = parameters.get;
  if (get("request") !== null) return { error: "request_not_supported", description: "request objects are not read" };
  if (get("request_uri") !== null) {
    return { error: "request_uri_not_supported", description: "request objects are not read" };
  }
  const responseType = get("response_type");
  if (responseType === null) return invalid("response_type is missing");
  if (responseType !== "code") {
    return { error: "unsupported_response_type", description: "response_type must be code" };
  }
  if ((get("response_mode") ?? "query") !== "query") return invalid("response_mode must be query");
  if ((get("state") ?? "").length > maxStateLength) return invalid(`state is longer than ${maxStateLength} characters`);
  if ((get("nonce") ?? "").length > maxNonceLength) return invalid(`nonce is longer than ${maxNonceLength} characters`);
  return problemInChallenge(get("code_challenge"), get("code_challenge_method"), needsSecret) ?? problemInPrompt(get);
}

/** A client that shows no secret must show that it is the one that asked. `plain` shows nothing (RFC 9700, 2.1.1). */
function problemInChallenge(challenge: string | null, method: string | null, needsSecret: boolean): Problem | null {
  if (challenge === null) {
    if (method !== null) return invalid("code_challenge_method is there without code_challenge");
    return needsSecret ? null : invalid("code_challenge is missing: this client must use PKCE with S256");
  }
  if (method !== "S256") return invalid("code_challenge_method must be S256");
  return /^[A-Za-z0-9_-]{43}$/.test(challenge) ? null : invalid("code_challenge is no SHA-256 digest in base64url");
}

/** GitHub does not authenticate anew, and tells no time at which it did. */
function problemInPrompt(get: Parameters["get"]): Problem | null {
  const prompts = (get("prompt") ?? "").split(" ");
  if (prompts.includes("none") && prompts.length > 1) return invalid("prompt none stands with others");
  if (get("max_age") === null) return null;
  return { error: "login_required", description: "GitHub does not authenticate anew, so max_age cannot be met" };
}

const claimsWithSubject = v.pipe(v.string(), v.parseJson(), v.object({ sub: v.string() }));

/** The signature is not looked at: all that a hint can do is to keep a code back. */
function subjectIn(idToken: string): string {
  const [, payload = ""] = idToken.split(".");
  try {
    const claims = v.safeParse(claimsWithSubject, atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return claims.success ? claims.output.sub : "";
  } catch {
    return "";
  }
}

function invalid(description: string): Problem {
  return { error: "invalid_request", description };
}
