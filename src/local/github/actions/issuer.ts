// The issuer of GitHub Actions: its keys, and the tokens that it signs. Tokens are made here without any library, so
// that they prove something about the library that checks them.
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from "node:crypto";
import { jobClaims, type WorkflowJob } from "./claims.ts";

/** A key that signs workflow tokens. */
export interface ActionsKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: JsonWebKey;
}

/** What a token has besides the job's claims; each member can be replaced, and left out by `undefined`. */
export interface MintOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly key: ActionsKey;
  /** When GitHub issues the token. */
  readonly now: Date;
  /** In place of GitHub's claims, or beside them. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** In place of GitHub's header, or beside it. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Tokens that were published have these times. */
const lifeSeconds = 300;
const notBeforeSeconds = 600;

/** A key pair takes some time to make. So the first issuers' keys of all stand-ins in a process are the same. */
const keyPairs: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }[] = [];

/** @param index of the key among those of this process: each one makes it once */
export function makeActionsKey(index: number): ActionsKey {
  keyPairs[index] ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { publicKey, privateKey } = keyPairs[index];
  const kid = randomUUID();
  const publicJwk = { ...publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid };
  return { kid, privateKey, publicJwk };
}

/** @returns the token of a job, as GitHub's issuer signs it: a JWT with RS256 */
export function mintWorkflowToken(job: WorkflowJob, options: MintOptions): string {
  const { issuer, audience, key, now, claims = {}, header = {} } = options;
  const issuedAt = Math.floor(now.getTime() / 1000);
  const payload = {
    jti: randomUUID(),
    aud: audience,
    ...jobClaims(job),
    iss: issuer,
    nbf: issuedAt - notBeforeSeconds,
    exp: issuedAt + lifeSeconds,
    iat: issuedAt,
    ...claims,
  };
  const signed = `${encode({ typ: "JWT", alg: "RS256", kid: key.kid, ...header })}.${encode(payload)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The issuer's keys: one signs, and others are published beside it. */
export class ActionsKeys {
  #made = 0;
  #signing: ActionsKey | null = null;
  #published: readonly ActionsKey[] = [];

  /** The one that signs; made at its first use. */
  get signing(): ActionsKey {
    return this.#signing ?? this.rotate();
  }

  /** The public halves, as `/.well-known/jwks` lists them. */
  get published(): readonly JsonWebKey[] {
    if (this.#signing === null) this.rotate();
    return this.#published.map(({ publicJwk }) => publicJwk);
  }

  /**
   * A new key signs from now on. It is published in the same moment: a list that was read before lacks it.
   *
   * @param options `withdraws`: whether the former keys are published no longer. Default: they are.
   */
  rotate({ withdraws = false }: { readonly withdraws?: boolean } = {}): ActionsKey {
    const key = makeActionsKey(this.#made++);
    this.#signing = key;
    this.#published = withdraws ? [key] : [...this.#published, key];
    return key;
  }
}
