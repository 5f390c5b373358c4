// Accounts of people and bots, found by their login or number.

export interface StandInAccount {
  readonly id: number;
  /** Can be changed at any time: people rename themselves. */
  login: string;
  type: string;
  /**
   * Who finds the account by its login or its number. "enterprise": only callers of an organisation that it is in, as
   * for a managed user. "hidden": the account alone, as for one that GitHub takes for spam.
   */
  visibility: "everyone" | "enterprise" | "hidden";
  /** Whether the account's primary e-mail address is verified: apps get no token for a person without one. */
  hasVerifiedEmail: boolean;
}

export interface NewAccount extends Partial<Omit<StandInAccount, "login">> {
  readonly login: string;
}

const firstAccountId = 10_000_001;

export class Accounts {
  readonly #accounts: StandInAccount[] = [];
  #nextId = firstAccountId;

  add({ login, id = this.#nextId++, ...options }: NewAccount): StandInAccount {
    const account: StandInAccount = {
      type: "User",
      visibility: "everyone",
      hasVerifiedEmail: true,
      ...options,
      id,
      login,
    };
    this.#accounts.push(account);
    return account;
  }

  byLogin(login: string): StandInAccount | null {
    return this.#accounts.find((account) => isSameName(account.login, login)) ?? null;
  }

  /** Those that can sign in to GitHub's pages. */
  people(): StandInAccount[] {
    return this.#accounts.filter(({ type }) => type === "User");
  }

  byId(id: number): StandInAccount | null {
    return this.#accounts.find((account) => account.id === id) ?? null;
  }
}

/** Names of accounts, organisations and teams compare without case. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
