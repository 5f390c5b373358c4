// What the stand-in keeps of people's sign-ins from one start to the next, as JSON: what they authorised, tokens that
// apps have of them, and the browsers in which they are signed in.
import * as v from "valibot";
import type { GitHub } from "./context.ts";

const timeSchema = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
);

const savedSchema = v.object({
  authorisations: v.array(
    v.object({
      clientId: v.string(),
      accountId: v.number(),
      isApproved: v.boolean(),
      signIns: v.array(timeSchema),
      userTokens: v.array(
        v.object({
          token: v.string(),
          endsAt: v.nullable(timeSchema),
          refreshToken: v.nullable(v.string()),
          refreshEndsAt: v.nullable(timeSchema),
          isFromDevice: v.boolean(),
        }),
      ),
    }),
  ),
  browsers: v.array(v.object({ session: v.string(), accountIds: v.array(v.number()) })),
});

type State = Pick<GitHub, "accounts" | "apps" | "authorisations" | "browsers">;

/** @returns JSON with tokens in it, for their owner's eyes alone */
export function saveSignIns({ authorisations, browsers }: Pick<State, "authorisations" | "browsers">): string {
  return JSON.stringify({
    authorisations: authorisations.all().map(({ app, account, ...rest }) => ({
      ...{ clientId: app.clientId, accountId: account.id },
      ...rest,
    })),
    browsers: browsers.all().map(([session, accounts]) => ({ session, accountIds: accounts.map(({ id }) => id) })),
  });
}

/**
 * Takes back what belongs to apps and accounts that there are: so these come first.
 *
 * @param json as `saveSignIns` gave it to an earlier stand-in
 * @returns whether it could be read: else nothing is taken back
 */
export function restoreSignIns({ accounts, apps, authorisations, browsers }: State, json: string): boolean {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), savedSchema), json);
  if (!parsed.success) return false;
  for (const { clientId, accountId, ...rest } of parsed.output.authorisations) {
    const [app, account] = [apps.byClientId(clientId), accounts.byId(accountId)];
    if (app !== null && account !== null) authorisations.restore({ app, account, ...rest });
  }
  for (const { session, accountIds } of parsed.output.browsers) {
    const found = accountIds.flatMap((id) => accounts.byId(id) ?? []);
    if (found.length > 0) browsers.restore(session, found);
  }
  return true;
}
