// An exec plugin for kubectl that does what kubelogin does, on openid-client: it takes the same arguments, keeps tokens
// in a file, refreshes them once the ID token has ended, and signs in anew where that is refused. The browser is the
// person's own, without a window. Run by kubectl, see sign-in-kubectl.ts.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { decodeJwt } from "jose";
import * as client from "openid-client";
import * as v from "valibot";
import { openPersonsBrowser, openProgram, signIn } from "../../support/openid-program.ts";

const keptSchema = v.object({ idToken: v.string(), refreshToken: v.string() });
type Kept = v.InferOutput<typeof keptSchema>;

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    "oidc-issuer-url": { type: "string", default: "" },
    "oidc-client-id": { type: "string", default: "" },
    "certificate-authority": { type: "string", default: "" },
    "certificate-authority-data": { type: "string", default: "" },
    // What kubelogin has no options for.
    person: { type: "string", default: "" },
    "github-web-url": { type: "string", default: "" },
    cache: { type: "string", default: "" },
    /** Refreshes this many seconds before the ID token's end. */
    "refresh-before": { type: "string", default: "0" },
  },
});
const edge = {
  signInPort: Number(new URL(values["oidc-issuer-url"]).port),
  stateDir: await folderOfAuthority(),
};

/** @returns the folder with the authority's certificate as ca.crt */
async function folderOfAuthority(): Promise<string> {
  const { "certificate-authority": file, "certificate-authority-data": data } = values;
  if (data === "") return dirname(file);
  const folder = dirname(values.cache);
  await writeFile(join(folder, "ca.crt"), Buffer.from(data, "base64"));
  return folder;
}

async function readKept(): Promise<Kept | null> {
  const text = await readFile(values.cache, "utf8").catch(() => null);
  return text === null ? null : v.parse(keptSchema, JSON.parse(text));
}

function isFresh({ idToken }: Kept): boolean {
  return endOf(idToken) - Number(values["refresh-before"]) > Date.now() / 1000;
}

function endOf(idToken: string): number {
  return decodeJwt(idToken).exp ?? 0;
}

/** @returns null where the provider refuses, or can not be asked: kubelogin signs in anew then */
async function refreshed({ refreshToken }: Kept): Promise<Kept | null> {
  const { configuration } = await openProgram(edge, values["oidc-client-id"]);
  try {
    return keptOf(await client.refreshTokenGrant(configuration, refreshToken));
  } catch {
    return null;
  }
}

async function signedIn(): Promise<Kept> {
  const program = await openProgram(edge, values["oidc-client-id"]);
  const begun = await program.begin();
  const browser = await openPersonsBrowser(edge, values["github-web-url"]);
  const end = await signIn(browser, begun.address, values.person);
  return keptOf(await begun.finish(end.url));
}

function keptOf({ id_token: idToken, refresh_token: refreshToken }: client.TokenEndpointResponse): Kept {
  return v.parse(keptSchema, { idToken, refreshToken });
}

function whyNot(error: unknown): string {
  if (error instanceof client.AuthorizationResponseError) {
    return `authorization error from server: ${error.error} ${error.error_description}`;
  }
  return error instanceof Error ? error.message : String(error);
}

try {
  const kept = await readKept();
  const tokens = kept !== null && isFresh(kept) ? kept : ((kept && (await refreshed(kept))) ?? (await signedIn()));
  await writeFile(values.cache, JSON.stringify(tokens), { mode: 0o600 });
  const expirationTimestamp = new Date(endOf(tokens.idToken) * 1000).toISOString();
  const status = { token: tokens.idToken, expirationTimestamp };
  console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }));
} catch (error) {
  console.error(`error: get-token: ${whyNot(error)}`);
  process.exitCode = 1;
}
