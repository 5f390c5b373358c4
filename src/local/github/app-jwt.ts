// How GitHub checks the JWT that an app signs in with. The checks are the stand-in's own, with node:crypto, so that they prove something about the library
// that makes these tokens.
import { verify } from "node:crypto";
import * as v from "valibot";
import type { Apps, RegisteredApp } from "./apps.ts";

export type AppSignIn =
  | { readonly kind: "app"; readonly app: RegisteredApp }
  | { readonly kind: "fault"; readonly status: 401 | 404; readonly message: string };

const longestLifeSeconds = 600;

const headerSchema = v.object({ alg: v.literal("RS256") });
const claimsSchema = v.object({
  iss: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
  iat: v.pipe(v.number(), v.integer()),
  exp: v.pipe(v.number(), v.integer()),
});

export function readAppJwt(token: string | null, apps: Apps, now: Date): AppSignIn {
  const [header, claims, signature, ...more] = token?.split(".") ?? [];
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0) return undecodable;
  const parsedHeader = v.safeParse(headerSchema, parsePart(header));
  const parsedClaims = v.safeParse(claimsSchema, parsePart(claims));
  if (!parsedHeader.success || !parsedClaims.success) return undecodable;
  const { iss, iat, exp } = parsedClaims.output;

  const app = apps.byIssuer(iss);
  if (app === null) return { kind: "fault", status: 404, message: "Integration not found" };
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify("sha256", signed, app.publicKey, Buffer.from(signature, "base64url"))) return undecodable;

  const nowSeconds = Math.floor(now.getTime() / 1000);
  if (iat > nowSeconds)
    return fault("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  if (exp <= nowSeconds) {
    return fault(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > Math.min(iat, nowSeconds) + longestLifeSeconds) {
    return fault("'Expiration time' claim ('exp') is too far in the future");
  }
  return { kind: "app", app };
}

function fault(message: string): AppSignIn {
  return { kind: "fault", status: 401, message };
}

const undecodable = fault("A JSON web token could not be decoded");

function parsePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}
