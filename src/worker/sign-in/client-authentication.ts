// Which client asks, and whether it has shown its secret: in the Authorization header (Basic) or in the form (RFC 6749,
// 2.3.1). A public client names itself alone. Comes before anything is consumed, for many Go programs send everything
// again in the other way after any error.
import type { OpenIdClient } from "../config/sign-in.ts";
import { isSecretEqual } from "./equal.ts";
import { invalidClient, type OAuthError, type OAuthResult, oauthError } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";

export interface AuthenticatedClient {
  readonly client: OpenIdClient;
  /** Whether it has shown its secret, and it was right. */
  readonly hasShownSecret: boolean;
}

interface Credentials {
  readonly name: string;
  /** Null where none was sent. */
  readonly secret: string | null;
}

/**
 * @returns `invalid_client` for a client that does not exist, a wrong secret, and a secret of a client that has none;
 *   whether a secret is demanded, what it asks for says
 */
export async function authenticateClient(
  request: Request,
  form: Parameters,
  { clients }: Provider,
): Promise<OAuthResult<AuthenticatedClient>> {
  const credentials = credentialsIn(request, form);
  if (credentials.kind === "error") return credentials;
  const { name, secret } = credentials.value;
  const client = clients.get(name);
  if (client === undefined) return invalidClient("There is no such client");
  if (secret === null) return { kind: "ok", value: { client, hasShownSecret: false } };
  if (client.secret === null) return invalidClient("This client has no secret, and must send none");
  if (!(await isSecretEqual(secret, client.secret))) return invalidClient("The secret of the client is wrong");
  return { kind: "ok", value: { client, hasShownSecret: true } };
}

/**
 * @param needsSecret what the code or the refresh token says: whether its redirect URI was of a confidential client
 * @returns the error where a secret is demanded and was not shown
 */
export function demandSecret(needsSecret: boolean, { hasShownSecret }: AuthenticatedClient): OAuthError | null {
  return needsSecret && !hasShownSecret ? invalidClient("This client must show its secret") : null;
}

/**
 * @param answer what a request of this client came to
 * @returns the same; an error is marked where the client has shown its secret
 */
export function answerTo({ hasShownSecret }: AuthenticatedClient, answer: OAuthResult<object>): OAuthResult<object> {
  return answer.kind === "error" && hasShownSecret ? { ...answer, isOfKnownClient: true } : answer;
}

function credentialsIn(request: Request, form: Parameters): OAuthResult<Credentials> {
  const name = form.get("client_id");
  const secret = form.get("client_secret");
  const header = request.headers.get("authorization");
  if (header === null) {
    return name === null
      ? invalidClient("The request must say which client asks")
      : { kind: "ok", value: { name, secret } };
  }
  const basic = parseBasic(header);
  if (basic === null) return invalidClient("The Authorization header must be Basic, of the client and its secret");
  if (secret !== null || (name !== null && name !== basic.name)) {
    return oauthError("invalid_request", "The client must be named in one way, and not in two");
  }
  return { kind: "ok", value: basic };
}

/**
 * Both parts are form-encoded before they are joined (RFC 6749, 2.3.1). An empty secret is none: Argo CD sends it so.
 */
function parseBasic(header: string): Credentials | null {
  const [, encoded] = /^basic +([A-Za-z0-9+/]{1,8192}={0,2}) *$/i.exec(header) ?? [];
  if (encoded === undefined) return null;
  try {
    const [name = "", ...rest] = atob(encoded).split(":");
    if (rest.length === 0) return null;
    const secret = decode(rest.join(":"));
    return { name: decode(name), secret: secret === "" ? null : secret };
  } catch {
    return null;
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
