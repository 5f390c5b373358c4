// What GitHub Actions has on the web: the issuer's documents, the endpoint at which a job gets its ID token, and, of
// this stand-in alone, one that starts a job. An Enterprise Server has them on its own host, below the same path.
import { Hono } from "hono";
import * as v from "valibot";
import { type GitHub, readJson, type StandInEnv } from "../context.ts";
import { mintWorkflowToken } from "./issuer.ts";
import { jobVariables, type StandInJob, workflowJobOf } from "./jobs.ts";

export const actionsRoutes = new Hono<StandInEnv>();

const issuerPath = "/_services/token";
const requestPath = "/_services/pipelines/idtoken";
/** A job comes from a push at GitHub. Here a program asks for one. */
export const startJobPath = "/stand-in/jobs";

export function actionsIssuerUrl({ webUrl }: Pick<GitHub, "webUrl">): string {
  return webUrl + issuerPath;
}

/** Recorded from GitHub's own, whose list of claims grew since. */
actionsRoutes.get(`${issuerPath}/.well-known/openid-configuration`, (c) => {
  const issuer = actionsIssuerUrl(c.get("github"));
  return c.json({
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    claims_supported: [
      ...["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "sha", "repository", "repository_id"],
      ...["repository_owner", "repository_owner_id", "enterprise", "enterprise_id", "run_id", "run_number"],
      ...["run_attempt", "actor", "actor_id", "workflow", "workflow_ref", "workflow_sha", "head_ref", "base_ref"],
      ...["event_name", "ref_type", "ref_protected", "environment", "environment_node_id", "job_workflow_ref"],
      ...["job_workflow_sha", "repository_visibility", "runner_environment", "check_run_id"],
    ],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  });
});

actionsRoutes.get(`${issuerPath}/.well-known/jwks`, (c) => c.json({ keys: c.get("github").actionsKeys.published }));

/** The client library of GitHub's actions reads `value`, and takes any other status for an error. */
actionsRoutes.get(`${requestPath}/:job`, (c) => {
  const { actionsKeys, jobs, now, webUrl } = c.get("github");
  const job = jobs.byRequest(c.req.param("job"), c.get("caller").token);
  if (job === null) return c.json({ message: "Unauthorized" }, 401);
  const workflowJob = workflowJobOf(job.job);
  const [owner] = workflowJob.repository.name.split("/");
  // Without one the audience is the owner's page, which every service can be given.
  const audience = c.req.query("audience") || `${webUrl}/${owner}`;
  const issuer = actionsIssuerUrl({ webUrl });
  return c.json({
    count: 1,
    value: mintWorkflowToken(workflowJob, { issuer, audience, key: actionsKeys.signing, now: now() }),
  });
});

const newJobSchema = v.object({
  repository: v.string(),
  workflow: v.exactOptional(v.string()),
  ref: v.exactOptional(v.string()),
  event: v.exactOptional(v.string()),
  environment: v.exactOptional(v.string()),
  idToken: v.exactOptional(v.boolean()),
});

actionsRoutes.post(startJobPath, async (c) => {
  const parsed = v.safeParse(newJobSchema, await readJson(c));
  if (!parsed.success) return c.json({ message: "the body must be JSON with a repository" }, 422);
  const { repository: name, ...options } = parsed.output;
  const { repositories, jobs } = c.get("github");
  const repository = repositories.byFullName(name);
  if (repository === null) return c.json({ message: "there is no such repository" }, 404);
  return c.json({ variables: variablesOf(c.get("github"), jobs.start({ ...options, repository })) }, 201);
});

/** @returns what stands in the environment of the job's steps */
export function variablesOf({ url, webUrl }: Pick<GitHub, "url" | "webUrl">, job: StandInJob): Record<string, string> {
  const request = `${webUrl}${requestPath}/${job.id}?api-version=2.0`;
  return jobVariables(job, { api: url, web: webUrl, request });
}
