// Claims of the token that GitHub Actions gives to a job. Which ones there are, and how they look, is published:
// https://docs.github.com/en/actions/reference/security/oidc. Those that it leaves out (`environment_node_id`,
// `ref_protected`, `sha`) are in `claims_supported` of GitHub's discovery document, or in tokens that people showed.
import { createHash } from "node:crypto";

/** A repository's number, its owner's, and what its tokens look like. */
export interface WorkflowRepository {
  /** `OWNER/REPOSITORY`; can change while the numbers stay, and another repository can get the name. */
  readonly name: string;
  readonly id: number;
  readonly ownerId: number;
  readonly visibility?: "public" | "private" | "internal";
  /**
   * How `sub` names the repository: by names alone, or also by numbers, as GitHub does for repositories that were made,
   * renamed or transferred after 2026-07-15. Default: by numbers.
   */
  readonly subject?: "names" | "immutable";
}

/** Default of what is left out: a push to `main`, the first attempt of the first run of `deploy.yml`. */
export interface WorkflowJob {
  readonly repository: WorkflowRepository;
  /** Path of the file, or its name below `.github/workflows/`. */
  readonly workflow?: string;
  /** `OWNER/REPOSITORY` with the workflow's file, where an organisation's ruleset runs it. Default: the job's own. */
  readonly workflowRepository?: string;
  /** `OWNER/REPOSITORY/PATH@REF` of the reusable workflow that the job is from. Default: none. */
  readonly reusableWorkflow?: string;
  readonly ref?: string;
  readonly event?: string;
  /** Default: the job names none. */
  readonly environment?: string;
  /** The account that began the run. */
  readonly actor?: { readonly login: string; readonly id: number };
  /** Branches of a pull request. Default: none. */
  readonly pullRequest?: { readonly head: string; readonly base: string };
  readonly enterprise?: { readonly slug: string; readonly id: number };
  /** Custom properties of the repository, without the prefix that GitHub puts before their names. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly sha?: string;
  readonly runId?: number;
  readonly runNumber?: number;
  readonly runAttempt?: number;
  readonly runner?: "github-hosted" | "self-hosted";
}

const defaultActor = { login: "otto-inkwell", id: 10_000_001 };

/**
 * Makes the claims that say which job it is. All are texts, numbers among them. The branches of a pull request are
 * empty where there is none; an environment or an enterprise that a job does not have is absent.
 *
 * @returns without `aud`, `exp`, `iat`, `iss`, `jti` and `nbf`, which are the token's own
 */
export function jobClaims(job: WorkflowJob): Record<string, string> {
  const { repository, workflow = "deploy.yml", ref = "refs/heads/main", event = "push", environment } = job;
  const { actor = defaultActor, enterprise, pullRequest } = job;
  const [owner = ""] = repository.name.split("/");
  const sha = job.sha ?? createHash("sha1").update(ref).digest("hex");
  const workflowRef = `${job.workflowRepository ?? repository.name}/${pathOf(workflow)}@${ref}`;
  return {
    sub: subjectOf(job),
    ref,
    sha,
    repository: repository.name,
    repository_owner: owner,
    repository_owner_id: String(repository.ownerId),
    run_id: String(job.runId ?? 11_000_000_001),
    run_number: String(job.runNumber ?? 1),
    run_attempt: String(job.runAttempt ?? 1),
    repository_visibility: repository.visibility ?? "private",
    repository_id: String(repository.id),
    actor_id: String(actor.id),
    actor: actor.login,
    workflow: pathOf(workflow),
    head_ref: pullRequest?.head ?? "",
    base_ref: pullRequest?.base ?? "",
    event_name: event,
    ref_protected: "false",
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    workflow_ref: workflowRef,
    workflow_sha: sha,
    ...(environment === undefined ? {} : { environment, environment_node_id: nodeIdOf(repository, environment) }),
    // GitHub names the job's own workflow here, too, where the job is from no reusable one.
    job_workflow_ref: job.reusableWorkflow ?? workflowRef,
    job_workflow_sha: sha,
    runner_environment: job.runner ?? "github-hosted",
    check_run_id: "42000000001",
    ...(enterprise === undefined ? {} : { enterprise: enterprise.slug, enterprise_id: String(enterprise.id) }),
    ...Object.fromEntries(
      Object.entries(job.properties ?? {}).map(([name, value]) => [`repo_property_${name}`, value]),
    ),
  };
}

/** The default form of `sub`; an owner can choose others. */
function subjectOf({ repository, environment, event, ref = "refs/heads/main" }: WorkflowJob): string {
  const { name, id, ownerId, subject = "immutable" } = repository;
  const [owner, repositoryName] = name.split("/");
  const who = subject === "names" ? `repo:${name}` : `repo:${owner}@${ownerId}/${repositoryName}@${id}`;
  if (environment !== undefined) return `${who}:environment:${environment.replaceAll(":", "%3A")}`;
  return event === "pull_request" ? `${who}:pull_request` : `${who}:ref:${ref}`;
}

function pathOf(workflow: string): string {
  return workflow.includes("/") ? workflow : `.github/workflows/${workflow}`;
}

function nodeIdOf({ id }: WorkflowRepository, environment: string): string {
  return `EN_${createHash("sha256").update(`${id}/${environment}`).digest("base64url").slice(0, 18)}`;
}
