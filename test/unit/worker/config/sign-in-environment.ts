// A deployment that signs people in: settings that are right, so that each test changes the one thing it is about.
import { randomBytes } from "node:crypto";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { clusterTable, environment } from "../support.ts";

/** Made once: a key takes a while. */
export const signingKey = makeSigningKey();

export const githubClientId = "Iv23liExample";

/** @returns a secret for the GitHub App or a client */
export const makeSecret = () => randomBytes(24).toString("hex");

/**
 * @param changes variables by name; `undefined` takes one out
 * @returns variables and secrets with the cluster "production", which signs people in and has a webhook
 */
export function signInEnvironment(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const all = environment({
    CLUSTER_PRODUCTION: clusterTable({ sign_in: true }),
    ISSUER_URL: "https://login.acme.test",
    GITHUB_CLIENT_ID: githubClientId,
    OAUTH_CLIENT_SECRETS: JSON.stringify({ [githubClientId]: makeSecret() }),
    SIGNING_KEY_A: signingKey,
    ...changes,
  });
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
