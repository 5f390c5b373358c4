// Repositories and their environments at GitHub: numbers, and whether an environment protects anything.
import * as v from "valibot";
import { printPin } from "../../../worker/config/workflow-entries.ts";
import { type Endpoint, organisationFailures } from "../../../worker/github/endpoints.ts";
import type { LookupFailure } from "../../../worker/github/facts.ts";
import type { Absent, Hidden } from "../../../worker/github/outcomes.ts";
import { idSchema } from "../../../worker/github/schemas.ts";
import type { LookedUp, Notice } from "./looked-up.ts";
import type { NamedRepository } from "./named-entries.ts";

/** GitHub redirects from the former name of a repository, and no redirect is followed: the token would follow it. */
export interface Moved {
  readonly kind: "moved";
}

type Failure = Absent | Hidden | LookupFailure | Moved;

const inRepository = {
  method: "GET",
  rows: [{ when: ({ status }) => status === 301, outcome: { kind: "moved" } }, ...organisationFailures],
  success: 200,
  isConditional: false,
} as const satisfies Partial<Endpoint<NamedRepository, unknown, Failure>>;

const repositorySchema = v.object({ id: idSchema, full_name: v.string(), owner: v.object({ id: idSchema }) });
type RepositoryBody = v.InferOutput<typeof repositorySchema>;

export const repository: Endpoint<NamedRepository, RepositoryBody, Failure> = {
  ...inRepository,
  name: "repository",
  path: ({ owner, repository }) => `/repos/${owner}/${repository}`,
  schema: repositorySchema,
};

const environmentSchema = v.object({ protection_rules: v.optional(v.array(v.object({ type: v.string() })), []) });
type EnvironmentBody = v.InferOutput<typeof environmentSchema>;

export const environment: Endpoint<NamedRepository & { kind: "environment" }, EnvironmentBody, Failure> = {
  ...inRepository,
  name: "environment",
  path: ({ owner, repository, environment: name }) =>
    `/repos/${owner}/${repository}/environments/${encodeURIComponent(name)}`,
  schema: environmentSchema,
};

/** @returns null where it is another repository than was asked for */
export function readRepository({ id, full_name, owner }: RepositoryBody, named: NamedRepository): LookedUp | null {
  if (full_name.toLowerCase() !== `${named.owner}/${named.repository}`) return null;
  return { kind: "found", pin: printPin({ ownerId: owner.id, repositoryId: id }), organisationId: null };
}

const howTo = "in the repository's settings, give it required reviewers, or the branches that may deploy to it";

/** GitHub makes the environment then ("Managing environments for deployment" in its documentation). */
export const noEnvironment: Notice = {
  message:
    "GitHub shows no environment of that name: any workflow of the repository can make it, without a rule, by naming it",
  hint: `make it first; ${howTo}`,
};

/** @returns null where rules keep a job out; a timer lets every job in, later */
export function noticeOf({ protection_rules: rules }: EnvironmentBody): Notice | null {
  if (rules.some(({ type }) => type !== "wait_timer")) return null;
  return {
    message: "the environment has no rules: any workflow on any branch of the repository can name it",
    hint: howTo,
  };
}
