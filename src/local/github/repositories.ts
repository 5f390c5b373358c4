// Repositories, for the jobs of their workflows: names, numbers, and nothing of what is in them.
import { isSameName, type StandInAccount } from "./accounts.ts";
import type { WorkflowRepository } from "./actions/claims.ts";
import type { StandInOrganisation } from "./organisations.ts";

export interface StandInRepository {
  readonly id: number;
  /** Can be changed at any time, as the owner can: repositories are renamed and transferred. */
  name: string;
  owner: StandInOrganisation | StandInAccount;
  readonly visibility: NonNullable<WorkflowRepository["visibility"]>;
  /** GitHub gives a repository the immutable form when it is renamed or transferred. */
  subject: NonNullable<WorkflowRepository["subject"]>;
}

/** Default: a private one that was made after July 2026. */
export interface NewRepository extends Partial<Omit<StandInRepository, "name" | "owner">> {
  readonly name: string;
}

const firstRepositoryId = 700_000_001;

export class Repositories {
  readonly #repositories: StandInRepository[] = [];
  #nextId = firstRepositoryId;

  add(owner: StandInRepository["owner"], { id = this.#nextId++, ...options }: NewRepository): StandInRepository {
    const repository: StandInRepository = { visibility: "private", subject: "immutable", ...options, id, owner };
    this.#repositories.push(repository);
    return repository;
  }

  /** @param fullName `OWNER/REPOSITORY` */
  byFullName(fullName: string): StandInRepository | null {
    return this.#repositories.find((repository) => isSameName(fullNameOf(repository), fullName)) ?? null;
  }
}

export function fullNameOf({ owner, name }: StandInRepository): string {
  return `${owner.login}/${name}`;
}

/** @returns the repository as a token names it at this moment */
export function workflowRepositoryOf(repository: StandInRepository): WorkflowRepository {
  const { id, owner, visibility, subject } = repository;
  return { name: fullNameOf(repository), id, ownerId: owner.id, visibility, subject };
}
