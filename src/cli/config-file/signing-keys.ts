// The table [vars.SIGNING_KEYS] of a wrangler.toml: which signing keys there are, and since when.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { type SigningKeysTable, signingKeySlots, signingKeysSchema } from "../../worker/config/signing-keys.ts";
import type { DeploymentFile } from "./clusters.ts";
import { type ConfigFile, parseConfigFile } from "./file.ts";
import { requireSecrets } from "./sign-in-edits.ts";
import { append, applyEdits, type Edit, list, quoted, setValue, unsupportedForm } from "./toml-edits.ts";

/** @returns an RSA key's name: the SHA-256 of its required members in alphabetical order (RFC 7638) */
export function thumbprintOf({ e, n }: { readonly e?: string; readonly n?: string }): string {
  return createHash("sha256")
    .update(JSON.stringify({ e, kty: "RSA", n }))
    .digest("base64url");
}

/** @param variable SIGNING_KEYS, of a file or as deployed @returns null for none, or for one that the Worker refuses */
export function readSigningKeys(variable: unknown): SigningKeysTable | null {
  const parsed = v.safeParse(signingKeysSchema, variable);
  return parsed.success ? parsed.output : null;
}

/** Each step of a rotation writes the present time. @returns milliseconds since 1970; 0 where there is none */
export function newestTime(table: SigningKeysTable | null): number {
  return Math.max(0, table?.signs_since ?? 0, table?.published.a ?? 0, table?.published.b ?? 0);
}

/** @returns as the table has times: `2026-11-27T10:00:00Z` */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/**
 * @param secrets names that a deployment needs from now on
 * @returns the file's text with the table; its list of withdrawn keys stays, or is emptied where the table has none
 * @throws CliError where the file is written in a form that cannot be changed here
 */
export function writeSigningKeys(file: DeploymentFile, table: SigningKeysTable, secrets: readonly string[]): string {
  const text = applyEdits(file, [...setTable(file, table), ...requireSecrets(file, secrets)]);
  const loaded = parseConfigFile(file, text);
  const isAsWanted =
    loaded.kind === "loaded" &&
    isDeepStrictEqual(readSigningKeys(loaded.file.settings.vars.SIGNING_KEYS), readSigningKeys(variableOf(table))) &&
    secrets.every((name) => loaded.file.settings.secrets.required.includes(name));
  if (!isAsWanted) throw unsupportedForm(file);
  return text;
}

/** @returns the table as wrangler passes it on */
function variableOf({ signs, signs_since, published: { a, b }, withdrawn }: SigningKeysTable): unknown {
  return {
    signs,
    ...(signs_since === undefined ? {} : { signs_since: timeText(signs_since) }),
    published: {
      ...(a === undefined ? {} : { a: timeText(a) }),
      ...(b === undefined ? {} : { b: timeText(b) }),
    },
    withdrawn,
  };
}

function setTable(file: ConfigFile, table: SigningKeysTable): Edit[] {
  const { signs, signs_since, published, withdrawn } = table;
  const times = signingKeySlots.flatMap((slot) => {
    const since = published[slot];
    return since === undefined ? [] : [`${slot} = ${quoted(timeText(since))}`];
  });
  const values = {
    signs: quoted(signs),
    ...(signs_since === undefined ? {} : { signs_since: quoted(timeText(signs_since)) }),
    published: `{ ${times.join(", ")} }`,
  };
  const path = ["vars", "SIGNING_KEYS"];
  if (file.settings.vars.SIGNING_KEYS === undefined) {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}`);
    return append(file, ["[vars.SIGNING_KEYS]", ...lines].join("\n"));
  }
  const isEmptied = withdrawn.length === 0 && file.toml.find([...path, "withdrawn"]) !== null;
  return [
    ...Object.entries(values).flatMap(([key, value]) => setValue(file, [...path, key], value)),
    ...(isEmptied ? setValue(file, [...path, "withdrawn"], list([])) : []),
  ];
}
