// How a soak asks, and reads what it gets: TokenReviews, tokens of the provider, and how long it took.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import * as v from "valibot";
import { holdToRules, tokenReviewSchema } from "../support/answer-rules.ts";
import type { HttpClient, Received } from "../support/http-client.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";
import type { ClusterName } from "./deployment.ts";
import type { Answer, Asked } from "./oracle.ts";

/** Asks, and once more where a kept connection ended. */
export async function timed(ask: () => Promise<Answer>): Promise<Asked> {
  const sentAt = Date.now();
  const broken = (error: unknown): Answer => ({ kind: "broken", why: String(error) });
  // A kept connection may end in the moment in which it is used again: every client asks once more then.
  const isEnded = (error: unknown) => error instanceof Error && "code" in error && error.code === "ECONNRESET";
  const answer = await ask()
    .catch((error: unknown) => (isEnded(error) ? ask() : broken(error)))
    .catch(broken);
  return { sentAt, receivedAt: Date.now(), answer };
}

export async function review(https: HttpClient, token: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const {
    status,
    headers: received,
    body,
  } = await https.send({
    method: "POST",
    path: reviewPath,
    headers,
    body: reviewBody(token),
  });
  if (status === 403) return { kind: "broken", why: "status 403" };
  holdToRules("POST", reviewPath, { status, headers: new Headers(received), body });
  if (status === 503) return { kind: "undetermined" };
  if (status !== 200) return { kind: "broken", why: `status ${status}: ${body}` };
  const answer = v.parse(tokenReviewSchema, JSON.parse(body)).status;
  return "user" in answer ? { kind: "yes", ...answer.user } : { kind: "no", told: answer.error ?? "" };
}

export function postForm(https: HttpClient, form: Readonly<Record<string, string>>): Promise<Received> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return https.send({ method: "POST", path: "/token", headers, body: new URLSearchParams(form).toString() });
}

const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const subjectTypes = {
  person: "urn:ietf:params:oauth:token-type:access_token",
  workflow: "urn:ietf:params:oauth:token-type:jwt",
} as const;

export function exchangeForm(token: string, kind: keyof typeof subjectTypes, cluster: ClusterName) {
  return { grant_type: tokenExchange, subject_token: token, subject_token_type: subjectTypes[kind], audience: cluster };
}

const tokenAnswer = v.object({
  access_token: v.string(),
  id_token: v.optional(v.string()),
  refresh_token: v.optional(v.string()),
});
const errorAnswer = v.object({ error: v.string(), error_description: v.string() });
/** How the endpoint says no. */
const refusals = ["invalid_grant", "invalid_target", "invalid_request"];

export type IdTokens = ReturnType<typeof idTokenReader>;

export function idTokenReader(login: HttpClient, issuerUrl: string, idTokenSeconds: number) {
  let keys: JSONWebKeySet = { keys: [] };
  /** As kube-apiserver does: a key that is not known is looked for. */
  async function verified(idToken: string, audience: string) {
    const options = { issuer: issuerUrl, audience, algorithms: ["RS256"] };
    try {
      return await jwtVerify(idToken, createLocalJWKSet(keys), options);
    } catch {
      const { body } = await login.send({ method: "GET", path: "/.well-known/jwks.json", headers: {} });
      keys = JSON.parse(body) as JSONWebKeySet; // other tests hold it to its form
      return jwtVerify(idToken, createLocalJWKSet(keys), options);
    }
  }
  /** @param prefix the cluster's, which the token does not have */
  async function yesBy(idToken: string, cluster: ClusterName, prefix: string): Promise<Answer> {
    const { payload } = await verified(idToken, cluster);
    const { username, groups } = v.parse(v.object({ username: v.string(), groups: v.array(v.string()) }), payload);
    if ((payload.exp ?? 0) - (payload.iat ?? 0) > idTokenSeconds) {
      return { kind: "broken", why: "an ID token that lives too long" };
    }
    return { kind: "yes", username: prefix + username, groups: groups.map((group) => prefix + group) };
  }
  return {
    yesBy,
    /** @param keep takes the refresh token that comes with it: by it a session moves on to a new CACHE_SECRET */
    async answerOf(
      response: Promise<Received>,
      cluster: ClusterName,
      prefix: string,
      keep: (refreshToken: string) => void = () => undefined,
    ): Promise<Answer> {
      const { status, body } = await response;
      if (status === 200) {
        const { id_token, access_token, refresh_token } = v.parse(tokenAnswer, JSON.parse(body));
        if (refresh_token !== undefined) keep(refresh_token);
        return yesBy(id_token ?? access_token, cluster, prefix);
      }
      const { error, error_description: description } = v.parse(errorAnswer, JSON.parse(body));
      if (status === 503 && error === "temporarily_unavailable") return { kind: "undetermined" };
      if (status === 400 && refusals.includes(error)) return { kind: "no", told: description };
      return { kind: "broken", why: `status ${status}: ${error}: ${description}` };
    },
  };
}
