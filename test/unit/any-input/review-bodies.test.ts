// Any request to the clusters' hostname: bodies that are almost a TokenReview, callers that are almost a cluster.
import fc from "fast-check";
import { expect, test } from "vitest";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import { noCertificate } from "../worker/support.ts";
import { type Cluster, cfOfCluster, holdToPolicy, type Person, personNames, startScene } from "./scene.ts";

const oneOf = fc.constantFrom;

function rarely<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, arbitrary);
}

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  oneOf<unknown>(
    "",
    " ",
    0,
    -1,
    Number.MAX_VALUE,
    null,
    [],
    {},
    true,
    "__proto__",
    "system:masters",
    "x".repeat(9_000),
  ),
  fc.integer({ min: 100, max: 3_000 }).map((depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown),
);
const member = oneOf("kind", "apiVersion", "metadata", "spec", "status", "token", "audiences", "__proto__", "user");

/** A change of the right body, as text. */
type Change = (body: string) => string;
const changes: fc.Arbitrary<Change> = fc.oneof(
  // A member twice: the last one counts, for JSON.parse and for Go alike.
  fc.tuple(member, anyValue, fc.boolean()).map(([name, value, isFirst]): Change => {
    const pair = `${JSON.stringify(name)}:${JSON.stringify(value) ?? "null"}`;
    return (body) => (isFirst ? body.replace("{", `{${pair},`) : body.replace(/\}$/, `,${pair}}`));
  }),
  fc
    .tuple(
      fc.nat(),
      fc.nat(20),
      fc.oneof(fc.string({ unit: "binary", maxLength: 6 }), oneOf("}", '"', "\\u0000", "\ud800")),
    )
    .map(
      ([at, removed, put]): Change =>
        (body) => {
          const start = at % (body.length + 1);
          return body.slice(0, start) + put + body.slice(start + removed);
        },
    ),
  fc.nat().map(
    (at): Change =>
      (body) =>
        body.slice(0, at % (body.length + 1)),
  ),
  oneOf<Change>(
    (body) => `\ufeff${body}`,
    (body) => `${body}${body}`,
    (body) => `${body}${" ".repeat(600_000)}`,
    (body) => `${body}${" ".repeat(2_000_000)}`,
    (body) => body.replace("TokenReview", "SubjectAccessReview"),
    (body) => body.replace('"token"', '"Token"'),
    () => "",
    () => "null",
  ),
);

const wholeValue = fc.record({
  member: oneOf("kind", "apiVersion", "metadata", "spec", "status"),
  value: anyValue,
});
const specChange = fc.record({ member: oneOf("token", "audiences", "extra"), value: anyValue });

const asked = fc.record({
  person: fc.oneof(oneOf(...personNames), fc.constant(null)),
  cluster: oneOf<Cluster>("production", "staging"),
  apiVersion: fc.oneof(
    { weight: 8, arbitrary: oneOf("authentication.k8s.io/v1", "authentication.k8s.io/v1beta1") },
    oneOf("authentication.k8s.io/v2", "v1", ""),
  ),
  wholeValue: rarely(wholeValue),
  specChange: rarely(specChange),
  textChanges: fc.oneof({ weight: 3, arbitrary: fc.constant<Change[]>([]) }, fc.array(changes, { maxLength: 3 })),
  invalidBytesAt: rarely(fc.nat()),
  isHalfSent: rarely(fc.constant(true)),
  path: rarely(oneOf("/authenticate/", "/readyz", "/healthz", "//authenticate", "/%61uthenticate", "/token", "/?x")),
  method: rarely(oneOf("GET", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH")),
  cf: rarely(oneOf<object>({}, [], noCertificate, { tlsClientAuth: null }, { tlsClientAuth: { certVerified: 1 } })),
  certificateChange: rarely(
    fc.tuple(
      oneOf("certPresented", "certVerified", "certRevoked", "certFingerprintSHA256", "certNotAfter"),
      fc.oneof(anyValue, oneOf<unknown>("0", "FAILED:self signed", "1", "A1".repeat(32), "Jan  1 00:00:00 2020 GMT")),
    ),
  ),
  passedMs: oneOf(0, 1_000, 130_000),
});

test("a body lets in only the person whose token it holds, at a cluster that admits them", {
  timeout: timeoutMs,
}, async () => {
  const scene = await startScene();
  const worker = scene.startWorker();
  const tokens = new Map<Person, string>(personNames.map((person) => [person, scene.tokenOf(person)]));
  const counts = { yes: 0, no: 0 };
  await holdForAnyInput(
    "TokenReview bodies",
    fc.asyncProperty(asked, async (input) => {
      scene.clock.nowMs += input.passedMs;
      const token = input.person === null ? "no-token" : (tokens.get(input.person) ?? "");
      const spec: Record<string, unknown> = { token };
      if (input.specChange !== null) spec[input.specChange.member] = input.specChange.value;
      const review: Record<string, unknown> = { kind: "TokenReview", apiVersion: input.apiVersion, metadata: {}, spec };
      if (input.wholeValue !== null) review[input.wholeValue.member] = input.wholeValue.value;
      const text = input.textChanges.reduce((body, change) => change(body), JSON.stringify(review));
      const bytes = new TextEncoder().encode(text);
      if (input.invalidBytesAt !== null) bytes[input.invalidBytesAt % bytes.length] = 0xff;
      const method = input.method ?? "POST";
      const body = method === "GET" || method === "HEAD" ? {} : { body: input.isHalfSent ? halfOf(bytes) : bytes };
      const cf =
        input.cf ??
        (input.certificateChange === null
          ? cfOfCluster(input.cluster)
          : changed(cfOfCluster(input.cluster), ...input.certificateChange));
      const init = { method, ...body, duplex: "half" };
      const user = await worker.ask(input.path ?? "/authenticate", init as RequestInit, cf, [...tokens.values()]);
      counts[user === null ? "no" : "yes"] += 1;
      scene.github.requests.splice(0);
      if (user === null) return;
      const person = personNames.find((name) => tokens.get(name) === tokenIn(text));
      if (person === undefined) throw new Error(`a wrong yes: ${JSON.stringify(user)}`);
      expect([input.cf, input.isHalfSent, method]).toEqual([null, null, "POST"]);
      holdToPolicy(user, person, clusterOf(cf));
    }),
    3_000,
  );
  // Otherwise the property would say nothing.
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});

/** The sender breaks off. */
function halfOf(bytes: Uint8Array): ReadableStream {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, bytes.length / 2));
      controller.error(new Error("the sender broke off"));
    },
  });
}

function changed({ tlsClientAuth }: ReturnType<typeof cfOfCluster>, name: string, value: unknown) {
  return { tlsClientAuth: { ...tlsClientAuth, [name]: value } };
}

/** What a caller's certificate has to be, written down once more. @returns the cluster for which it speaks */
function clusterOf(cf: unknown): Cluster {
  const { tlsClientAuth } = cf as { tlsClientAuth: Record<string, unknown> }; // made above
  expect(tlsClientAuth).toMatchObject({ certPresented: "1", certVerified: "SUCCESS", certRevoked: "0" });
  const [, first] = /^((?:a1|b2){32})$/i.exec(String(tlsClientAuth.certFingerprintSHA256)) ?? [];
  expect(first).toBeDefined();
  return first?.toLowerCase().startsWith("a1") ? "production" : "staging";
}

function tokenIn(text: string): unknown {
  const review = JSON.parse(text.replace(/^\ufeff/, "")) as { spec?: { token?: unknown } }; // the Worker has read it as a TokenReview
  return review.spec?.token;
}
