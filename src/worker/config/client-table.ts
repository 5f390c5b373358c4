// The keys of a CLUSTER_… or CLIENT_… table that are about signing in. A mistake in them is the sign-in's alone: the
// cluster's reviews go on.
import * as v from "valibot";
import { type Checked, problemsOf } from "./checked.ts";
import { isRedirectUri, maxRedirectUris, redirectUriMessage } from "./redirect-uri.ts";
import { wholeNumber } from "./values.ts";

export const idTokenSeconds = { min: 60, max: 3600, default: 600 } as const;
export const idTokenSecondsSchema = wholeNumber(idTokenSeconds.min, idTokenSeconds.max);

export interface ClientTable {
  readonly redirectUris: readonly string[];
  readonly deviceFlow: boolean;
  readonly exchange: boolean;
  /** Null for ID_TOKEN_SECONDS. */
  readonly idTokenSeconds: number | null;
}

const trueOrFalse = v.boolean("must be true or false");
const redirectUri = v.pipe(v.string(redirectUriMessage), v.check(isRedirectUri, redirectUriMessage));
const atMost = `must be a list of at most ${maxRedirectUris} addresses`;

const clientEntries = {
  redirect_uris: v.optional(v.pipe(v.array(redirectUri, atMost), v.maxLength(maxRedirectUris, atMost)), []),
  device_flow: v.optional(trueOrFalse, false),
  exchange: v.optional(trueOrFalse, false),
  id_token_seconds: v.optional(idTokenSecondsSchema),
};

/** The keys that a CLUSTER_… and a CLIENT_… table have in common. */
export const clientSettings: readonly string[] = Object.keys(clientEntries);

const clientSchema = v.object(clientEntries, "must be a table");
const clusterSchema = v.object({ ...clientEntries, sign_in: trueOrFalse }, "must be a table");

/** Whether a CLUSTER_… table asks for the sign-in, be it in a wrong way. */
export function asksForSignIn(table: unknown): boolean {
  return typeof table === "object" && table !== null && "sign_in" in table && table.sign_in !== false;
}

/** @param setting the variable's name; other keys of its table are not looked at */
export function readClientTable(
  setting: string,
  kind: "cluster" | "application",
  table: unknown,
): Checked<ClientTable> {
  const parsed = v.safeParse(kind === "cluster" ? clusterSchema : clientSchema, table);
  if (!parsed.success) return { ok: false, problems: problemsOf(setting, parsed.issues) };
  const { redirect_uris, device_flow, exchange, id_token_seconds } = parsed.output;
  return {
    ok: true,
    value: {
      redirectUris: redirect_uris,
      deviceFlow: device_flow,
      exchange,
      idTokenSeconds: id_token_seconds ?? null,
    },
  };
}
