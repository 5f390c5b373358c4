// A GitHub (or a proxy before it) that repeats the token it was sent, in each part of a response that the Worker reads.
import type { Fault } from "../../src/local/github/faults.ts";

/** @param token the one that is repeated */
export function echoesOf(token: string): Fault[] {
  const person = { id: 1001, login: "mona", type: "User" };
  const json = (status: number, value: object, headers: Record<string, string> = {}): Fault => ({
    kind: "body",
    status,
    body: JSON.stringify(value),
    headers,
  });
  return [
    ...[400, 401, 403, 404, 410, 422, 429, 500, 503].map((status) => json(status, { message: `no ${token}` })),
    json(403, { message: `Sorry. Your account was suspended: ${token}` }),
    json(200, { ...person, login: token }),
    json(200, { ...person, type: token }),
    json(200, { ...person, id: token }),
    json(200, { [token]: token }),
    json(200, person, { "x-oauth-client-id": token }),
    json(200, person, { etag: `"${token}"` }),
    json(200, person, { link: `<https://attacker.test/?token=${token}>; rel="next"`, "x-oauth-scopes": token }),
    json(200, person, { "github-authentication-token-expiration": token }),
    json(200, person, { "x-github-request-id": `request of ${token}` }),
    json(401, { message: "Bad credentials" }, { "www-authenticate": token, "retry-after": token }),
    json(403, { message: token }, { "x-ratelimit-limit": token, "x-ratelimit-remaining": token }),
    { kind: "body", status: 200, body: token },
    { kind: "body", status: 502, body: `<title>${token}</title>`, headers: { "content-type": "text/html" } },
    { kind: "redirect", status: 302, location: `https://attacker.test/?token=${token}` },
  ];
}
