// What holds for every answer, whatever was asked: kube-apiserver's client turns a Retry-After into up to 55 calls,
// replays the token after a redirect, retries a 500 five times, and takes a 200 that is no complete TokenReview for a
// "no" that it remembers.
import * as v from "valibot";

/** An answer as a client gets it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const userSchema = v.strictObject({
  username: v.pipe(v.string(), v.nonEmpty(), v.regex(/^(?!system:)/i)),
  uid: v.pipe(v.string(), v.nonEmpty()),
  groups: v.array(v.pipe(v.string(), v.nonEmpty(), v.regex(/^(?!system:)/i))),
  extra: v.record(v.pipe(v.string(), v.regex(/^[a-z0-9./-]+$/)), v.array(v.string())),
});

/** No audiences: a GitHub token carries none. */
export const tokenReviewSchema = v.strictObject({
  kind: v.literal("TokenReview"),
  apiVersion: v.picklist(["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"]),
  metadata: v.strictObject({}),
  spec: v.strictObject({}),
  status: v.union([
    v.strictObject({ authenticated: v.literal(true), user: userSchema }),
    v.strictObject({ authenticated: v.literal(false), error: v.optional(v.pipe(v.string(), v.nonEmpty())) }),
  ]),
});

/** metav1.Status */
export const statusSchema = v.strictObject({
  kind: v.literal("Status"),
  apiVersion: v.literal("v1"),
  metadata: v.strictObject({}),
  status: v.literal("Failure"),
  message: v.pipe(v.string(), v.nonEmpty()),
  reason: v.string(),
  details: v.optional(
    v.strictObject({ causes: v.array(v.strictObject({ reason: v.string(), field: v.optional(v.string()) })) }),
  ),
  code: v.number(),
});

const reasonOf: ReadonlyMap<number, string> = new Map([
  [400, "BadRequest"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [405, "MethodNotAllowed"],
  [413, "RequestEntityTooLarge"],
  [503, "ServiceUnavailable"],
]);

/** @throws if the answer breaks a rule, saying which */
export function holdToRules(method: string, path: string, answer: Answer): void {
  const { status, headers, body } = answer;
  const broken = (rule: string) => new Error(`${method} ${path} was answered with ${status}: ${rule}\n${body}`);
  for (const name of ["retry-after", "location"]) if (headers.has(name)) throw broken(`it carries ${name}`);
  if (status !== 200 && !reasonOf.has(status)) throw broken("no answer has this status");
  if (headers.get("content-type") !== "application/json") throw broken("it is not labelled as JSON");
  if ((status === 405) !== headers.has("allow")) throw broken("Allow belongs to a 405");
  if (method === "HEAD") {
    if (body !== "") throw broken("an answer to HEAD has a body");
    return;
  }
  const json: unknown = JSON.parse(body);
  // What /readyz says is a report of its own, whether it is good or bad; a caller who may not read it gets a Status.
  if (path === "/readyz" && (status === 200 || status === 503)) return;
  if (status === 200) {
    if (method === "POST" && !v.is(tokenReviewSchema, json)) throw broken("it is no complete TokenReview");
    return;
  }
  if (!v.is(statusSchema, json)) throw broken("it is no Status");
  if (json.code !== status || json.reason !== reasonOf.get(status))
    throw broken("code or reason do not fit the status");
}
