// The entries of `allow`, `deny` and `groups_from`: who is meant. Names are labels, numbers are authority: `#number` pins an entry to an account, an organisation
// or a team, however it is called later, and whoever takes the name over. GitHub compares names without case, so they are kept in lower case.
import * as v from "valibot";

/** `id` is GitHub's number, or null where the entry is not pinned. */
export interface UserEntry {
  readonly kind: "user";
  readonly login: string;
  readonly id: number | null;
}

export interface OrganisationEntry {
  readonly kind: "organisation";
  readonly login: string;
  readonly id: number | null;
}

export interface TeamEntry {
  readonly kind: "team";
  /** The organisation's login. */
  readonly organisation: string;
  readonly slug: string;
  readonly id: number | null;
}

export interface TokenEntry {
  readonly kind: "token";
  /** `GITHUBSHA256=` and 44 characters of base64, as the decision log names the token. */
  readonly credentialId: string;
}

export type AllowEntry = { readonly kind: "anyone" } | UserEntry | OrganisationEntry | TeamEntry;
export type DenyEntry = TokenEntry | UserEntry | OrganisationEntry | TeamEntry;

const login = "[A-Za-z0-9][A-Za-z0-9_-]{0,38}";
const pin = "(?:#([1-9][0-9]{0,15}))?";
const userPattern = new RegExp(`^user:(${login})${pin}$`);
const organisationPattern = new RegExp(`^org:(${login})${pin}$`);
const teamPattern = new RegExp(`^team:(${login})/((?:ent:)?(?!\\.{1,2}(?:#|$))[A-Za-z0-9._-]{1,255})${pin}$`);
const groupSourcePattern = new RegExp(`^(${login})${pin}$`);
const tokenPattern = /^token:(GITHUBSHA256=[A-Za-z0-9+/]{43})=?$/;

const nameForms = '"user:LOGIN", "org:LOGIN" or "team:LOGIN/SLUG", each with "#NUMBER" behind it or without';

export const allowEntrySchema = entrySchema<AllowEntry>(
  (text) => (text === "anyone" ? { kind: "anyone" } : parseNamedEntry(text)),
  `must be "anyone", ${nameForms}`,
);

export const denyEntrySchema = entrySchema<DenyEntry>(
  (text) => parseTokenEntry(text) ?? parseNamedEntry(text),
  `must be ${nameForms}, or "token:GITHUBSHA256=" with the 44 characters from the decision log`,
);

export const groupSourceSchema = entrySchema<OrganisationEntry>(
  (text) => parseOrganisation(groupSourcePattern.exec(text)),
  'must be the login of an organisation, with "#NUMBER" behind it or without',
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

function parseNamedEntry(text: string): UserEntry | OrganisationEntry | TeamEntry | null {
  return (
    parseUser(userPattern.exec(text)) ??
    parseOrganisation(organisationPattern.exec(text)) ??
    parseTeam(teamPattern.exec(text))
  );
}

function parseUser(match: RegExpExecArray | null): UserEntry | null {
  const [, name, number] = match ?? [];
  const id = parsePin(number);
  return name === undefined || id === "unsafe" ? null : { kind: "user", login: name.toLowerCase(), id };
}

function parseOrganisation(match: RegExpExecArray | null): OrganisationEntry | null {
  const [, name, number] = match ?? [];
  const id = parsePin(number);
  return name === undefined || id === "unsafe" ? null : { kind: "organisation", login: name.toLowerCase(), id };
}

function parseTeam(match: RegExpExecArray | null): TeamEntry | null {
  const [, organisation, slug, number] = match ?? [];
  const id = parsePin(number);
  if (organisation === undefined || slug === undefined || id === "unsafe") return null;
  return { kind: "team", organisation: organisation.toLowerCase(), slug: slug.toLowerCase(), id };
}

function parseTokenEntry(text: string): TokenEntry | null {
  const credentialId = tokenPattern.exec(text)?.[1];
  return credentialId === undefined ? null : { kind: "token", credentialId: `${credentialId}=` };
}

function parsePin(digits: string | undefined): number | null | "unsafe" {
  if (digits === undefined) return null;
  const id = Number(digits);
  return Number.isSafeInteger(id) ? id : "unsafe";
}
