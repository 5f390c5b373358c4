// Facts about a run of a workflow: the claims of its token, in GitHub's own patterns. Policy builds on them once
// GitHub's signature holds.
import * as v from "valibot";

export interface WorkflowFacts {
  /** The host of GitHub's pages; numbers are per host. */
  readonly host: string;
  /** `jti`. */
  readonly tokenId: string;
  /** Null where it is no single string: then it is none of ours. */
  readonly audience: string | null;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Seconds since 1970: the token does not count before then. */
  readonly notBefore: number;
  readonly repository: {
    /** OWNER/REPO, as GitHub writes it. */
    readonly name: string;
    readonly id: number;
    readonly ownerId: number;
  };
  /** The file that the run began with, at its ref; null where the token does not say it. */
  readonly workflowRef: string | null;
  /** Null where the job names none. */
  readonly environment: string | null;
  readonly event: string;
  /** Who started the run; null where the token does not say it. */
  readonly actor: string | null;
  readonly actorId: number | null;
  readonly runId: string | null;
  readonly runAttempt: string | null;
  readonly sha: string | null;
}

/** Ids are strings of digits, without a leading zero. */
const idPattern = /^[1-9][0-9]{0,15}$/;
const id = v.pipe(v.string(), v.regex(idPattern), v.transform(Number), v.safeInteger());
export const tokenIdPattern = /^[A-Za-z0-9._:-]{1,128}$/;
const text = (pattern: RegExp) => v.pipe(v.string(), v.regex(pattern));
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(1e11));

/** A claim that a job has nothing for is absent or empty. One of another form makes the whole token unusable. */
const orNone = <Schema extends v.GenericSchema<string, string | number>>(schema: Schema) =>
  v.nullish(
    v.union([
      v.pipe(
        v.literal(""),
        v.transform(() => null),
      ),
      schema,
    ]),
    null,
  );

const claimsSchema = v.object({
  jti: text(tokenIdPattern),
  aud: v.optional(v.unknown()),
  exp: seconds,
  nbf: v.optional(seconds, 0),
  iat: v.optional(seconds, 0),
  repository: text(/^[A-Za-z0-9_-]{1,39}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/),
  repository_id: id,
  repository_owner_id: id,
  event_name: text(/^[a-z_]{1,64}$/),
  workflow_ref: orNone(text(/^\P{Cc}{1,1024}$/u)),
  environment: orNone(text(/^\P{Cc}{1,255}$/u)),
  actor: orNone(text(/^[\x21-\x7e]{1,100}$/)),
  actor_id: orNone(id),
  run_id: orNone(text(idPattern)),
  run_attempt: orNone(text(idPattern)),
  sha: orNone(text(/^[0-9a-f]{40,64}$/)),
});

/** @returns null where a claim that every token has is missing, or where one has another form than GitHub's */
export function workflowFactsOf(claims: unknown, host: string): WorkflowFacts | null {
  const parsed = v.safeParse(claimsSchema, claims);
  if (!parsed.success) return null;
  const { output } = parsed;
  return {
    host,
    tokenId: output.jti,
    audience: typeof output.aud === "string" ? output.aud : null,
    expiresAt: output.exp,
    notBefore: Math.max(output.nbf, output.iat),
    repository: { name: output.repository, id: output.repository_id, ownerId: output.repository_owner_id },
    workflowRef: output.workflow_ref,
    environment: output.environment,
    event: output.event_name,
    actor: output.actor,
    actorId: output.actor_id,
    runId: output.run_id,
    runAttempt: output.run_attempt,
    sha: output.sha,
  };
}
