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

/** Files lie in this one folder. The ref has the characters that git allows (git check-ref-format). */
const fileAtRef = "/(\\.github/workflows/[^/\\p{Cc}]{1,255}\\.ya?ml)@(refs/[^\\p{Cc} ~^:?*\\[\\\\]{1,255})";

export const workflowEntryKind = {
  lists: ["allow", "deny"],
  ...kindInRepository<WorkflowEntry>({
    kind: "workflow",
    form: "/.github/workflows/FILE@refs/…",
    pattern: fileAtRef,
    make: (repository, path, ref) => ({ kind: "workflow", ...repository, path, ref }),
    detailOf: ({ path, ref }) => `/${path}@${ref}`,
  }),
} as const;

export const environmentEntryKind = {
  lists: ["allow", "deny"],
  ...kindInRepository<EnvironmentEntry>({
    kind: "environment",
    form: "/NAME",
    pattern: "/(\\P{Cc}{1,255})",
    make: (repository, environment) => ({ kind: "environment", ...repository, environment }),
    detailOf: ({ environment }) => `/${environment}`,
    keyOf: ({ environment }) => `/${foldCase(environment)}`,
  }),
} as const;

export const repositoryEntryKind = {
  lists: ["deny"],
  ...kindInRepository<RepositoryEntry>({
    kind: "repository",
    form: "",
    pattern: "",
    make: (repository) => ({ kind: "repository", ...repository }),
    detailOf: () => "",
  }),
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

interface KindInRepository<E extends RepositoryReference> {
  readonly kind: string;
  /** Of what stands behind OWNER/REPO, for messages; and as a regular expression. */
  readonly form: string;
  readonly pattern: string;
  readonly make: (repository: RepositoryReference, first: string, second: string) => E;
  /** @returns what stands behind OWNER/REPO */
  readonly detailOf: (entry: E) => string;
  /** The same for all that name the same; where it is left out, the detail itself is. */
  readonly keyOf?: (entry: E) => string;
}

/** @returns the row of config/entries.ts, but for the lists */
function kindInRepository<E extends RepositoryReference>(options: KindInRepository<E>) {
  const { kind, form, pattern, make, detailOf, keyOf = detailOf } = options;
  const whole = new RegExp(`^${kind}:([A-Za-z0-9_-]{1,39})/((?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,100})${pattern}$`, "u");
  return {
    form: `${kind}:OWNER/REPO${form}[#OWNER_NUMBER/REPOSITORY_NUMBER]`,
    parse(text: string): E | null {
      const split = splitPin(text);
      const [, owner, repository, first = "", second = ""] = whole.exec(split?.name ?? "") ?? [];
      if (split === null || owner === undefined || repository === undefined) return null;
      const reference = { owner: owner.toLowerCase(), repository: repository.toLowerCase(), pin: split.pin };
      return make(reference, first, second);
    },
    print: (entry: E) => `${kind}:${entry.owner}/${entry.repository}${detailOf(entry)}`,
    organisation: () => null,
    keys(entry: E): readonly [string, string] {
      const { owner, repository, pin } = entry;
      const key = `repository:${pin === null ? `${owner}/${repository}` : printPin(pin)}`;
      return [kind === "repository" ? key : `${kind} in ${key}${keyOf(entry)}`, key];
    },
  };
}

/**
 * An environment's name may hold a `#`, and so may a ref: the last one begins the pin.
 *
 * @returns null where what stands there is no pin
 */
function splitPin(text: string): { readonly name: string; readonly pin: RepositoryPin | null } | null {
  const [name = "", numbers] = text.split(/#(?=[^#]*$)/);
  if (numbers === undefined) return { name, pin: null };
  const [, owner, repository] = /^([1-9][0-9]{0,15})\/([1-9][0-9]{0,15})$/.exec(numbers) ?? [];
  const [ownerId, repositoryId] = [Number(owner), Number(repository)];
  const isRight = Number.isSafeInteger(ownerId) && Number.isSafeInteger(repositoryId);
  return isRight ? { name, pin: { ownerId, repositoryId } } : null;
}
