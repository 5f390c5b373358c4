// Asks about one row at both doors: the webhook about the person's token, the sign-in hostname for an ID token in
// exchange for the same token, and for one after the same person signed in.
import * as v from "valibot";
import type { Fault } from "../../src/local/github/faults.ts";
import { readConfig } from "../../src/worker/config/config.ts";
import { createSignInSealer } from "../../src/worker/sign-in/sealer.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import {
  type Fate,
  type IdentityCase,
  type PolicyTable,
  type Section,
  type Source,
  type TokenSpec,
  thisToken,
} from "./case.ts";
import { createDeployment, type Deployment } from "./deployment.ts";
import type { Outcome } from "./outcome.ts";
import { audienceOf, clients, type Scene, signInIssuer } from "./scene.ts";
import { signingKey, type TokenAnswer, tokenAnswerOf } from "./token-answer.ts";

export interface Answers {
  readonly webhook: Outcome;
  readonly exchanged: TokenAnswer;
  /** Null where the section has no sign-ins. */
  readonly signedIn: TokenAnswer | null;
}

/** Variables and secrets of a deployment with both doors, without its clusters. */
export interface Settings extends Readonly<Record<string, unknown>> {
  readonly ISSUER_URL: string;
}

/** The tokens of a row's person, made anew in each run. */
export interface RowTokens {
  readonly own: string;
  /** GitHub gave it to the app that people sign in with. Null where the section has no sign-ins. */
  readonly signIn: string | null;
}

/** @param audience of a workflow's token */
export function tokensOf(
  scene: Scene,
  { signsIn }: Section,
  { person, token }: IdentityCase,
  audience: string,
): RowTokens {
  return {
    own: scene.tokenOf(person, token, audience),
    signIn: signsIn === false ? null : scene.tokenOf(person, signInToken(token.fate)),
  };
}

const sessionMs = 8 * 60 * 60 * 1000;
/** GitHub fails; other faults are about the token. */
const outages: readonly Fault["kind"][] = ["server_error", "hang", "oversized"];

/** A sign-in meets what GitHub suffers from, and can be revoked as well. */
function signInToken(fate: Fate | undefined): TokenSpec {
  const isMet = fate?.kind === "revoked" || (fate?.kind === "met" && outages.includes(fate.fault.kind));
  const endsAt = new Date(Date.now() + sessionMs).toISOString();
  const expiration = endsAt.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return { kind: "app", client: "acme-sign-in", expiration, ...(isMet ? { fate } : {}) };
}

/** The policy of a row: its section's, with what the row changes, and with the token's own name in its place. */
export function policyOf(section: Section, { policy }: IdentityCase, { own }: RowTokens): PolicyTable {
  const { deny, ...others }: PolicyTable = { ...section.policy, ...policy };
  const both = { sign_in: true, exchange: true, ...others };
  if (!Array.isArray(deny)) return both;
  return { ...both, deny: deny.map((entry) => (entry === thisToken ? `token:${credentialIdOf(own)}` : entry)) };
}

const secretsSchema = v.optional(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())), "{}");

export function settingsOf(scene: Scene, source: Source = "own_token", issuerUrl = signInIssuer): Settings {
  const settings = scene.settingsOf(source);
  const secrets = v.parse(secretsSchema, settings.OAUTH_CLIENT_SECRETS);
  return {
    ...settings,
    ISSUER_URL: issuerUrl,
    GITHUB_CLIENT_ID: clients["acme-sign-in"],
    GITHUB_WEB_URL: scene.github.webUrl,
    OAUTH_CLIENT_SECRETS: JSON.stringify({ ...secrets, [clients["acme-sign-in"]]: scene.signInSecret }),
    SIGNING_KEY_A: signingKey,
  };
}

/** @param cluster with the row's policy. The webhook is asked first */
export async function askAbout(
  { review, fetch }: Deployment,
  settings: Settings,
  cluster: string,
  { token }: IdentityCase,
  { own, signIn }: RowTokens,
): Promise<Answers> {
  async function askForToken(subject: string, form: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    const answer = await fetch(`${settings.ISSUER_URL}/token`, { method: "POST", body: new URLSearchParams(form) });
    return tokenAnswerOf(answer, subject, { issuer: settings.ISSUER_URL, audience: cluster });
  }
  const webhook = await review(cluster, own);
  const exchanged = await askForToken(own, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: own,
    subject_token_type: `urn:ietf:params:oauth:token-type:${token.kind === "workflow" ? "jwt" : "access_token"}`,
    audience: cluster,
  });
  if (signIn === null) return { webhook, exchanged, signedIn: null };
  const signedIn = await askForToken(signIn, {
    grant_type: "refresh_token",
    client_id: cluster,
    refresh_token: await refreshTokenOf(settings, cluster, signIn),
  });
  return { webhook, exchanged, signedIn };
}

/** What a sign-in that has just taken place gave out. */
function refreshTokenOf(settings: Settings, cluster: string, token: string): Promise<string> {
  const anyCluster = { allow: ["anyone"], token_kinds: [], sign_in: true };
  const { signIn } = readConfig({ ...settings, CLUSTER_ANY: anyCluster });
  if (signIn?.ok !== true) throw new Error("the sign-in hostname is not set up");
  const endsAt = Math.floor(Date.now() / 1000) + 3600;
  const session = { token, tokenEndsAt: endsAt, needsSecret: false, isShared: false };
  return createSignInSealer(signIn.value, Date.now).seal("refresh_token", cluster, session, endsAt);
}

/** A row with what its answers rest on. */
export interface AnsweredRow {
  readonly answers: Answers;
  readonly policy: PolicyTable;
  readonly tokens: RowTokens;
}

/**
 * In an isolate of its own: nothing is cached from one row to the next.
 *
 * @param issuerOf the sign-in hostname; default: one that is nowhere
 */
export async function answerRow(
  scene: Scene,
  section: Section,
  row: IdentityCase,
  issuerOf = (_policy: PolicyTable) => signInIssuer,
): Promise<AnsweredRow> {
  const issuerUrl = issuerOf({ ...section.policy, ...row.policy });
  const tokens = tokensOf(scene, section, row, audienceOf(issuerUrl, "example"));
  const policy = policyOf(section, row, tokens);
  const settings = settingsOf(scene, section.source, issuerUrl);
  const deployment = createDeployment({ settings, clusters: { example: policy } });
  return { answers: await askAbout(deployment, settings, "example", row, tokens), policy, tokens };
}

/** What the webhook says about the token of a sign-in, at a cluster that would take it there. */
export function reviewSignIn(
  scene: Scene,
  section: Section,
  policy: PolicyTable,
  signInToken: string,
): Promise<Outcome> {
  const lists = { ...policy, token_kinds: ["app"], oauth_clients: [clients["acme-sign-in"]] };
  const { review } = createDeployment({ settings: settingsOf(scene, section.source), clusters: { example: lists } });
  return review("example", signInToken);
}
