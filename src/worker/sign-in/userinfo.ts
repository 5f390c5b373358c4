// GET and POST /userinfo (OpenID Connect Core, 5.3): who the person is now, for the access token.
import { readForm } from "./form.ts";
import { identityClaimsOf } from "./id-token.ts";
import { type OAuthError, type OAuthResult, oauthError, unavailable } from "./oauth-error.ts";
import type { Provider } from "./provider.ts";
import { refusalOf } from "./refusal.ts";

/** @returns the claims; `invalid_token` (RFC 6750, 3.1) also for a person whom the policy no longer admits */
export async function tellUser(request: Request, provider: Provider): Promise<OAuthResult<object>> {
  const token = await accessTokenIn(request);
  if (token.kind === "error") return token;
  const opened = await provider.sealer.open("access_token", "", token.value);
  if (opened.kind !== "opened") return invalidToken("This access token is over, or none of this service");
  const client = provider.clients.get(opened.value.client);
  if (client === undefined) return invalidToken("The client of this access token is no more");
  const occasion = { grant: "userinfo", step: "token", tokenId: null, nonce: null } as const;
  const decision = await provider.decide(client, opened.value.token, occasion);
  const refusal = refusalOf(decision);
  if (refusal?.kind === "undetermined") return unavailable(refusal.description);
  if (refusal !== null) return invalidToken(refusal.description);
  const identity = identityClaimsOf(decision);
  return identity === null ? invalidToken("This access token is of no one") : { kind: "ok", value: identity };
}

/** In the header, or in a form (RFC 6750, 2.1 and 2.2); never in the address, which logs keep. */
async function accessTokenIn(request: Request): Promise<OAuthResult<string>> {
  const header = request.headers.get("authorization");
  const inForm = await formTokenIn(request);
  if (inForm.kind === "error") return inForm;
  if (header === null) return inForm.value === null ? noToken : { kind: "ok", value: inForm.value };
  if (inForm.value !== null) return oauthError("invalid_request", "The access token must be sent in one way alone");
  const [, token] = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header) ?? [];
  return token === undefined ? noToken : { kind: "ok", value: token };
}

async function formTokenIn(request: Request): Promise<OAuthResult<string | null>> {
  const hasBody = request.method === "POST" && request.headers.has("content-type");
  if (!hasBody) return { kind: "ok", value: null };
  const form = await readForm(request);
  return form.kind === "error" ? form : { kind: "ok", value: form.value.get("access_token") };
}

const noToken = oauthError("invalid_token", "An access token is needed", { challenge: "Bearer" });

function invalidToken(description: string): OAuthError {
  const challenge = `Bearer error="invalid_token", error_description="${description}"`;
  return oauthError("invalid_token", description, { challenge });
}
