// The official SDK. It is a development dependency, 120 MB in thousands of files: whoever installs the command from its tarball does not get it, and
// deploying needs wrangler anyway. Only the files of this folder know it.
import type { Context } from "../context.ts";
import { StepFailure } from "../step-failure.ts";
import { requiredPermissions } from "./permissions.ts";

export type CloudflareClient = import("cloudflare").default;

/** What can stand in a header. Anything else would come back in the words of an exception, with the token among them. */
const tokenPattern = /^[\x21-\x7e]+$/;

/** @throws StepFailure if the SDK is not there, or no token is */
export async function connectToCloudflare({
  env,
  fetch: send,
  now,
}: Pick<Context, "env" | "fetch" | "now">): Promise<CloudflareClient> {
  const { default: Cloudflare } = await loadSdk();
  const apiToken = env.CLOUDFLARE_API_TOKEN?.trim() ?? "";
  if (!tokenPattern.test(apiToken)) {
    throw new StepFailure({
      where: "CLOUDFLARE_API_TOKEN",
      message: apiToken === "" ? "is not set" : "holds no token: it has spaces, or characters that no token has",
      cure: `make a token at https://dash.cloudflare.com/profile/api-tokens with the permissions ${requiredPermissions.join(", ")}`,
    });
  }
  return new Cloudflare({
    apiToken,
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: env.CLOUDFLARE_BASE_URL,
    fetch: carefully(send, now),
    // Its debugging goes to stdout, which holds the command's result alone.
    logLevel: "warn",
  });
}

/** Longer than that nobody wants to look at a command that says nothing. */
const maxRetryAfterSeconds = 60;

/** The SDK waits for as long as Retry-After says, hours too; and it takes a page of a proxy for an empty list. */
function carefully(send: typeof fetch, now: () => number): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    const { status, statusText, body } = response;
    if (secondsIn(response.headers.get("retry-after") ?? "", now()) > maxRetryAfterSeconds) {
      const headers = new Headers(response.headers);
      headers.set("x-should-retry", "false");
      return new Response(body, { status, statusText, headers });
    }
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || type === "" || type.includes("json")) return response;
    await body?.cancel();
    const message = `a page (${type.split(";")[0]}) came in place of Cloudflare's JSON: does a proxy answer for it?`;
    return Response.json({ errors: [{ message }] }, { status: 502, headers: { "x-should-retry": "false" } });
  };
}

/** @param retryAfter seconds or a date, RFC 9110, 10.2.3 */
function secondsIn(retryAfter: string, now: number): number {
  const seconds = Number(retryAfter);
  return Number.isNaN(seconds) ? (Date.parse(retryAfter) - now) / 1000 : seconds;
}

/** @throws StepFailure if the command was installed from its tarball */
export async function requireSdk(): Promise<void> {
  await loadSdk();
}

async function loadSdk(): Promise<typeof import("cloudflare")> {
  try {
    return await import("cloudflare");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw onlyInAClone("Cloudflare's SDK");
  }
}

/** @param missing what the tarball does not bring along */
export function onlyInAClone(missing: string): StepFailure {
  return new StepFailure({
    where: missing,
    message: "is not installed: this command deploys, and works in a clone of the repository only",
    cure: "git clone the repository, npm ci, and run npx octogate there",
  });
}
