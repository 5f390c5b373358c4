// The entries that name workflows: a workflow's file at a ref, a deployment environment, or a whole repository. A pin
// is two numbers, the owner's and the repository's: a repository's number stays when it goes to another owner.

export interface RepositoryPin {
  readonly ownerId: number;
  readonly repositoryId: number;
}

/** A repository as an entry names it. */
export interface RepositoryReference {
  /** The owner's login, in lower case: GitHub compares it and the repository's name without case. */
  readonly owner: string;
  /** In lower case. */
  readonly repository: string;
  /** Null where the entry is not pinned. */
  readonly pin: RepositoryPin | null;
}

export interface WorkflowEntry extends RepositoryReference {
  readonly kind: "workflow";
  /** `.github/workflows/FILE`, as the repository has it. */
  readonly path: string;
  /** Whole, such as `refs/heads/main`. */
  readonly ref: string;
}

export interface EnvironmentEntry extends RepositoryReference {
  readonly kind: "environment";
  /** As it stands in the policy; it is compared by `foldCase`. */
  readonly environment: string;
}

export interface RepositoryEntry extends RepositoryReference {
  readonly kind: "repository";
}

const repositoryName = "([A-Za-z0-9_-]{1,39})/((?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,100})";
/** Files lie in this one folder. The ref has the characters that git allows (git check-ref-format). */
const workflowPattern = new RegExp(
  `^workflow:${repositoryName}/(\\.github/workflows/[^/\\p{Cc}]{1,255}\\.ya?ml)@(refs/[^\\p{Cc} ~^:?*\\[\\\\]{1,255})$`,
  "u",
);
const environmentPattern = new RegExp(`^environment:${repositoryName}/([^\\p{Cc}]{1,255})$`, "u");
const repositoryPattern = new RegExp(`^repository:${repositoryName}$`);
const pinPattern = /^([1-9][0-9]{0,15})\/([1-9][0-9]{0,15})$/;

const pinForm = "[#OWNER_NUMBER/REPOSITORY_NUMBER]";

export const workflowEntryKind = {
  lists: ["allow", "deny"],
  form: `workflow:OWNER/REPO/.github/workflows/FILE@refs/…${pinForm}`,
  parse(text: string): WorkflowEntry | null {
    const { name, pin } = splitPin(text);
    const [, owner, repository, path, ref] = workflowPattern.exec(name) ?? [];
    if (pin === "wrong" || path === undefined || ref === undefined) return null;
    return { kind: "workflow", ...lowerCase(owner, repository), pin, path, ref };
  },
  print: ({ path, ref, ...entry }: WorkflowEntry) => `workflow:${printRepository(entry)}/${path}@${ref}`,
  organisation: () => null,
  keys: (entry: WorkflowEntry) =>
    [`workflow:${keyOfRepository(entry)}/${entry.path}@${entry.ref}`, `repository:${keyOfRepository(entry)}`] as const,
} as const;

export const environmentEntryKind = {
  lists: ["allow", "deny"],
  form: `environment:OWNER/REPO/NAME${pinForm}`,
  parse(text: string): EnvironmentEntry | null {
    const { name, pin } = splitPin(text);
    const [, owner, repository, environment] = environmentPattern.exec(name) ?? [];
    if (pin === "wrong" || environment === undefined) return null;
    return { kind: "environment", ...lowerCase(owner, repository), pin, environment };
  },
  print: ({ environment, ...entry }: EnvironmentEntry) => `environment:${printRepository(entry)}/${environment}`,
  organisation: () => null,
  keys: (entry: EnvironmentEntry) =>
    [
      `environment:${keyOfRepository(entry)}/${foldCase(entry.environment)}`,
      `repository:${keyOfRepository(entry)}`,
    ] as const,
} as const;

export const repositoryEntryKind = {
  lists: ["deny"],
  form: `repository:OWNER/REPO${pinForm}`,
  parse(text: string): RepositoryEntry | null {
    const { name, pin } = splitPin(text);
    const [, owner, repository] = repositoryPattern.exec(name) ?? [];
    return pin === "wrong" || repository === undefined
      ? null
      : { kind: "repository", ...lowerCase(owner, repository), pin };
  },
  print: (entry: RepositoryEntry) => `repository:${printRepository(entry)}`,
  organisation: () => null,
  keys: (entry: RepositoryEntry) => [`repository:${keyOfRepository(entry)}`] as const,
} as const;

/**
 * GitHub does not tell environments apart by case. Only ASCII is folded: the Kelvin sign in lower case is a "k", and an
 * environment of that name has rules of its own.
 */
export function foldCase(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** @returns what an operator writes behind an entry */
export function printPin({ ownerId, repositoryId }: RepositoryPin): string {
  return `#${ownerId}/${repositoryId}`;
}

/** An environment's name may hold a `#`, and so may a ref: the last one begins the pin. */
function splitPin(text: string): { readonly name: string; readonly pin: RepositoryPin | null | "wrong" } {
  const at = text.lastIndexOf("#");
  if (at < 0) return { name: text, pin: null };
  const [, owner, repository] = pinPattern.exec(text.slice(at + 1)) ?? [];
  const [ownerId, repositoryId] = [Number(owner), Number(repository)];
  const isRight = Number.isSafeInteger(ownerId) && Number.isSafeInteger(repositoryId);
  return { name: text.slice(0, at), pin: isRight ? { ownerId, repositoryId } : "wrong" };
}

function lowerCase(owner = "", repository = ""): Pick<RepositoryReference, "owner" | "repository"> {
  return { owner: owner.toLowerCase(), repository: repository.toLowerCase() };
}

function printRepository({ owner, repository }: RepositoryReference): string {
  return `${owner}/${repository}`;
}

function keyOfRepository(entry: RepositoryReference): string {
  return entry.pin === null ? printRepository(entry) : printPin(entry.pin);
}
