// Reads a posted form: the only kind of body that the endpoints for programs take (RFC 6749, appendix B).
import { readRequestBody } from "../http/request-body.ts";
import { type OAuthError, type OAuthResult, oauthError } from "./oauth-error.ts";
import { describeFault, type Parameters, parseParameters } from "./parameters.ts";

/** A GitHub token may grow to 8 KB, and sealed it is a third longer. */
export const maxFormBytes = 16 * 1024;

/** @returns the parameters, each of them there once; otherwise `invalid_request` */
export async function readForm(request: Request): Promise<OAuthResult<Parameters>> {
  const form = await readFormParameters(request);
  if (form.kind === "unreadable") return invalid(form.problem);
  const [fault] = form.parameters.faults;
  return fault === undefined ? { kind: "ok", value: form.parameters } : invalid(describeFault(fault));
}

export type FormParameters =
  | { readonly kind: "read"; readonly parameters: Parameters }
  | { readonly kind: "unreadable"; readonly problem: string };

/** @returns the parameters with their faults */
export async function readFormParameters(request: Request): Promise<FormParameters> {
  if (!isForm(request)) return unreadable("must be application/x-www-form-urlencoded");
  const body = await readRequestBody(request, maxFormBytes);
  switch (body.kind) {
    case "too_large":
      return unreadable(`must not be larger than ${maxFormBytes} bytes`);
    case "not_utf8":
      return unreadable("must be UTF-8");
    case "broken":
      return unreadable("ended early");
    case "complete":
      return { kind: "read", parameters: parseParameters(body.text) };
  }
}

function unreadable(fault: string): FormParameters {
  return { kind: "unreadable", problem: `The body ${fault}` };
}

function isForm(request: Request): boolean {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase() === "application/x-www-form-urlencoded";
}

function invalid(description: string): OAuthError {
  return oauthError("invalid_request", description);
}
