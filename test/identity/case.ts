// A row of docs/identity.md: a person with a token, a policy, and the expected result.
import type { WorkflowJob } from "../../src/local/github/actions/claims.ts";
import type { Fault } from "../../src/local/github/faults.ts";
import type { Reason } from "../../src/worker/reasons.ts";
import type { ClientName, OrganisationName, PersonName, RepositoryName } from "./scene.ts";

/** Keys of a `CLUSTER_…` variable. */
export type PolicyTable = Readonly<Record<string, string | boolean | readonly string[]>>;

export interface WorkflowRun extends Partial<Omit<WorkflowJob, "repository" | "actor">> {
  readonly repository?: RepositoryName;
  /** Default: the one of the cluster that asks. */
  readonly audience?: string;
  /** How long ago GitHub issued it. */
  readonly ageSeconds?: number;
  /** Whether another key than GitHub's signed it, under GitHub's key id. */
  readonly isForged?: boolean;
  /** In place of GitHub's claims. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface TokenSpec {
  readonly kind:
    | "classic"
    | "fine_grained"
    | "oauth"
    | "app"
    | "legacy"
    | "installation"
    | "service_account"
    | "workflow";
  /** Of a workflow's token: what differs from a push to `main` of Acme/shop that runs deploy.yml. */
  readonly run?: WorkflowRun;
  readonly scopes?: readonly string[];
  /** Whose resources a fine-grained token is made for. Default: the person's own. */
  readonly owner?: OrganisationName;
  /** Whether a fine-grained token has the permission Members: read. Default: true. */
  readonly seesMembers?: boolean;
  readonly client?: ClientName;
  /** As GitHub writes it. */
  readonly expiration?: string;
  /** An organisation with single sign-on for which the person authorised the token. */
  readonly authorisedFor?: OrganisationName;
  readonly fate?: Fate;
}

/** What happened to the token, or what GitHub answers to it now. */
export type Fate =
  | { readonly kind: "revoked" }
  | { readonly kind: "met"; readonly fault: Fault; readonly path?: RegExp };

export interface IdentityCase {
  /** A few words. The section's title and these make the name of the row's test. */
  readonly shows: string;
  readonly person: PersonName;
  readonly token: TokenSpec;
  /** Keys that replace those of the section's policy. */
  readonly policy?: PolicyTable;
  readonly expected: Expected;
}

export type Expected =
  | {
      readonly reason: "admitted";
      readonly user: string;
      readonly groups: readonly string[];
      /** `organisation=reason` of each organisation that the token may not see. */
      readonly hidden?: readonly string[];
    }
  | {
      readonly reason: Exclude<Reason, "admitted">;
      /** Part of what the message says besides the reason's sentence. */
      readonly detail?: string;
    };

/** Where memberships come from, and with which settings of the deployment. */
export type Source = "own_token" | "installed_app" | "check_token" | "check_token_with_wrong_secret";

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly source?: Source;
  /** False where the rows are about tokens that no sign-in has. Default: true. */
  readonly signsIn?: false;
  readonly policy: PolicyTable;
  readonly rows: readonly IdentityCase[];
}

/** A placeholder for the name of the row's own token, which differs in each run. */
export const thisToken = "token:GITHUBSHA256=…";

export const classic = (...scopes: string[]): TokenSpec => ({ kind: "classic", scopes });

export const fineGrained = (owner?: OrganisationName): TokenSpec => ({
  kind: "fine_grained",
  ...(owner === undefined ? {} : { owner }),
});

export function admitted(user: string, ...groups: string[]): Expected & { reason: "admitted" } {
  return { reason: "admitted", user, groups };
}

export function refused(reason: Exclude<Reason, "admitted">, detail?: string): Expected {
  return { reason, ...(detail === undefined ? {} : { detail }) };
}

/** @param policy keys that replace those of the section's policy */
export function row(
  shows: string,
  person: PersonName,
  token: TokenSpec,
  expected: Expected,
  policy?: PolicyTable,
): IdentityCase {
  return { shows, person, token, expected, ...(policy === undefined ? {} : { policy }) };
}
