// The body of a POST on the sign-in hostname: a form and nothing else.
import { readRequestBody } from "../http/request-body.ts";
import { type Parameters, parseParameters } from "./parameters.ts";

export const maxFormBytes = 16 * 1024;

/** @returns null for anything but a form (application/x-www-form-urlencoded) in UTF-8 of at most 16 KB */
export async function readForm(request: Request): Promise<Parameters | null> {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") return null;
  const body = await readRequestBody(request, maxFormBytes);
  return body.kind === "complete" ? parseParameters(body.text) : null;
}

/**
 * Whether one of our own pages can have sent a form. A browser that is too old to say so is held by the sealed value in
 * the form; `Origin` says nothing, for it is "null" under our referrer policy.
 */
export function isFromOurPage(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  return site === null || site === "same-origin";
}
