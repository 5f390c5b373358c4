// Signs JWTs as an app does, also wrong ones.
import { sign } from "node:crypto";
import type { StandInApp } from "../../../../src/local/github/apps.ts";

export interface JwtClaims {
  readonly iss?: unknown;
  readonly iat?: unknown;
  readonly exp?: unknown;
}

/** @returns a JWT of this app that is good for nine minutes, but for what `claims` say otherwise */
export function appJwt(app: StandInApp, claims: JwtClaims = {}, alg = "RS256"): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const header = part({ alg, typ: "JWT" });
  const payload = part({ iss: app.clientId, iat: nowSeconds - 60, exp: nowSeconds + 480, ...claims });
  const signature = sign("sha256", Buffer.from(`${header}.${payload}`), app.privateKeyPem).toString("base64url");
  return `${header}.${payload}.${signature}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
