// Jobs that run, with what GitHub puts into their environment:
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables.
import { randomBytes, randomUUID } from "node:crypto";
import { type StandInRepository, workflowRepositoryOf } from "../repositories.ts";
import { jobClaims, type WorkflowJob } from "./claims.ts";

export interface NewJob extends Omit<WorkflowJob, "repository"> {
  readonly repository: StandInRepository;
  /** Whether the workflow has the permission `id-token: write`. Default: true. */
  readonly idToken?: boolean;
}

export interface StandInJob {
  readonly id: string;
  readonly job: NewJob;
  /** Good for ID tokens of this job, as long as it runs; null without the permission. */
  readonly requestToken: string | null;
}

export class Jobs {
  readonly #running = new Map<string, StandInJob>();

  start(job: NewJob): StandInJob {
    const started: StandInJob = {
      id: randomUUID(),
      job,
      requestToken: job.idToken === false ? null : randomBytes(48).toString("base64url"),
    };
    this.#running.set(started.id, started);
    return started;
  }

  /** Its request token is good for nothing from now on. */
  end({ id }: StandInJob): void {
    this.#running.delete(id);
  }

  /** @returns the job that may have an ID token by this request, or null */
  byRequest(id: string, requestToken: string | null): StandInJob | null {
    const started = this.#running.get(id);
    return started !== undefined && requestToken !== null && started.requestToken === requestToken ? started : null;
  }
}

/** @returns the job with its repository's names of this moment */
export function workflowJobOf({ repository, idToken: _, ...rest }: NewJob): WorkflowJob {
  return { ...rest, repository: workflowRepositoryOf(repository) };
}

/** Claims that are variables, too, under their name in capitals behind `GITHUB_`. */
const claimVariables = [
  ...["actor", "actor_id", "base_ref", "event_name", "head_ref", "ref", "ref_protected", "ref_type", "repository"],
  ...["repository_id", "repository_owner", "repository_owner_id", "run_attempt", "run_id", "run_number", "sha"],
  ...["workflow", "workflow_ref", "workflow_sha"],
];

/**
 * @param urls of GitHub's API and web pages, and of the endpoint for ID tokens
 * @returns variables of each step of the job, without those that name files of the runner
 */
export function jobVariables(
  { job, requestToken }: StandInJob,
  urls: { readonly api: string; readonly web: string; readonly request: string },
): Record<string, string> {
  const claims = jobClaims(workflowJobOf(job));
  const variables = Object.fromEntries(
    claimVariables.map((name) => [`GITHUB_${name.toUpperCase()}`, claims[name] ?? ""]),
  );
  return {
    CI: "true",
    GITHUB_ACTIONS: "true",
    ...variables,
    GITHUB_API_URL: urls.api,
    GITHUB_JOB: "job",
    GITHUB_REF_NAME: (claims.ref ?? "").replace(/^refs\/[a-z]+\//, ""),
    GITHUB_SERVER_URL: urls.web,
    GITHUB_TRIGGERING_ACTOR: claims.actor ?? "",
    RUNNER_ENVIRONMENT: claims.runner_environment ?? "",
    RUNNER_NAME: "local",
    // What a job without the permission lacks.
    ...(requestToken === null
      ? {}
      : { ACTIONS_ID_TOKEN_REQUEST_URL: urls.request, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken }),
  };
}
