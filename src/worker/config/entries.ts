// The entries of `allow` and `deny`: who is meant. Names are labels, numbers are authority: `#number` pins an entry to the account, however
// it is called later, and whoever takes the name over.
import * as v from "valibot";

export interface UserEntry {
  readonly kind: "user";
  /** In lower case: GitHub compares logins without case. */
  readonly login: string;
  /** The account's number, or null if the entry is not pinned. */
  readonly id: number | null;
}

export type AllowEntry = { readonly kind: "anyone" } | UserEntry;

export type DenyEntry =
  | UserEntry
  | {
      readonly kind: "token";
      /** `GITHUBSHA256=` and 44 characters of base64, as the decision log names the token. */
      readonly credentialId: string;
    };

const userPattern = /^user:([A-Za-z0-9][A-Za-z0-9_-]{0,38})(?:#([1-9][0-9]{0,15}))?$/;
const tokenPattern = /^token:(GITHUBSHA256=[A-Za-z0-9+/]{43})=?$/;

export const allowEntrySchema = entrySchema(
  parseAllowEntry,
  'must be "anyone", "user:LOGIN" or "user:LOGIN#NUMBER" (organisations and teams are not supported yet)',
);

export const denyEntrySchema = entrySchema(
  parseDenyEntry,
  'must be "user:LOGIN", "user:LOGIN#NUMBER" or "token:GITHUBSHA256=" with the 44 characters from the decision log ' +
    "(organisations and teams are not supported yet)",
);

function entrySchema<T>(parse: (text: string) => T | null, message: string) {
  return v.pipe(
    v.string(message),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const entry = parse(dataset.value);
      if (entry !== null) return entry;
      addIssue({ message });
      return NEVER;
    }),
  );
}

function parseAllowEntry(text: string): AllowEntry | null {
  return text === "anyone" ? { kind: "anyone" } : parseUserEntry(text);
}

function parseDenyEntry(text: string): DenyEntry | null {
  const credentialId = tokenPattern.exec(text)?.[1];
  return credentialId === undefined ? parseUserEntry(text) : { kind: "token", credentialId: `${credentialId}=` };
}

function parseUserEntry(text: string): UserEntry | null {
  const match = userPattern.exec(text);
  const login = match?.[1]?.toLowerCase();
  if (login === undefined) return null;
  const id = match?.[2] === undefined ? null : Number(match[2]);
  return id === null || Number.isSafeInteger(id) ? { kind: "user", login, id } : null;
}
