// The session of a browser on GitHub's pages: a cookie, and the accounts that are signed in.
import { getCookie, setCookie } from "hono/cookie";
import type { StandInAccount } from "../accounts.ts";
import type { StandInContext } from "../context.ts";

/** Not GitHub's own name: cookies of 127.0.0.1 are for all of its ports. */
const cookieName = "github_stand_in";

export function signedInAccounts(c: StandInContext): readonly StandInAccount[] {
  return c.get("github").browsers.accountsOf(getCookie(c, cookieName));
}

/** Adds the account to those of this browser. */
export function signIn(c: StandInContext, account: StandInAccount): void {
  const session = c.get("github").browsers.signIn(getCookie(c, cookieName), account);
  setCookie(c, cookieName, session, { path: "/", httpOnly: true, sameSite: "Lax" });
}
