// Accounts of people and bots, found by their login.

export interface StandInAccount {
  readonly id: number;
  /** Can be changed at any time: people rename themselves. */
  login: string;
  type: string;
}

export interface NewAccount {
  readonly login: string;
  readonly id?: number;
  readonly type?: string;
}

const firstAccountId = 10_000_001;

export class Accounts {
  readonly #accounts: StandInAccount[] = [];
  #nextId = firstAccountId;

  add({ login, id, type }: NewAccount): StandInAccount {
    const account = { id: id ?? this.#nextId++, login, type: type ?? "User" };
    this.#accounts.push(account);
    return account;
  }

  byLogin(login: string): StandInAccount | null {
    return this.#accounts.find((account) => isSameName(account.login, login)) ?? null;
  }
}

/** Names of accounts, organisations and teams compare without case. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
