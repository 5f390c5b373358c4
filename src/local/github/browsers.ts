// Browsers that have signed in to GitHub's pages: each knows its own by a cookie, and can have several accounts.
import { randomBytes } from "node:crypto";
import type { StandInAccount } from "./accounts.ts";

export class Browsers {
  readonly #accounts = new Map<string, readonly StandInAccount[]>();

  all(): [string, readonly StandInAccount[]][] {
    return [...this.#accounts];
  }

  restore(session: string, accounts: readonly StandInAccount[]): void {
    this.#accounts.set(session, accounts);
  }

  /** @param session the cookie's value */
  accountsOf(session: string | undefined): readonly StandInAccount[] {
    return this.#accounts.get(session ?? "") ?? [];
  }

  /** @returns the session's name for the cookie: a new one where the browser showed none */
  signIn(session: string | undefined, account: StandInAccount): string {
    const name = session ?? randomBytes(16).toString("hex");
    this.#accounts.set(name, [...this.accountsOf(name).filter((other) => other !== account), account]);
    return name;
  }
}
