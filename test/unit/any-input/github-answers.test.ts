// Any answer in the place of one from GitHub: a member in a wrong type, a list cut in two, another person's body. A
// "yes" rests on what GitHub really said about the bearer, and nothing breaks.
import fc from "fast-check";
import { expect, test } from "vitest";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import { type Cluster, people, personNames, startScene, type User } from "./scene.ts";

const oneOf = fc.constantFrom;
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  oneOf<unknown>(583231, 1234, 55, 99, "583231", 1.5, -1, 2 ** 53, "acme", "octocat", "active", "admin", "User", ""),
  oneOf<unknown>("system:masters", "Organization", "pending", "suspended", null, [], {}, "x".repeat(70_000)),
);

/** One member of a JSON body gets another value, or goes. */
const memberChange = fc.record({
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
  value: fc.option(anyValue, { nil: undefined }),
});
/** What comes in place of the whole answer. */
const inPlace = fc.record({
  status: fc.oneof(
    oneOf(200, 201, 204, 301, 304, 400, 401, 403, 404, 422, 429, 451, 500, 502, 503),
    fc.integer({ min: 200, max: 599 }),
  ),
  body: oneOf(
    "",
    "{}",
    "[]",
    "null",
    "<html>",
    '{"message":"Bad credentials"}',
    '{"message":"Not Found"}',
    "x".repeat(3_000_000),
    '{"login":"octocat","id":583231,"type":"User"',
  ),
});
const headerChange = fc.tuple(
  oneOf(
    "x-oauth-scopes",
    "link",
    "etag",
    "x-github-sso",
    "content-type",
    "retry-after",
    "x-ratelimit-remaining",
    "location",
  ),
  oneOf(
    "",
    "0",
    "1",
    "read:org",
    "admin:org, read:org",
    "text/html",
    'W/"x"',
    "required; url=https://github.com/orgs/acme/sso",
    "\t",
    "partial-results; organizations=1234",
  ),
);
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("member" as const), change: memberChange }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("header" as const), change: headerChange }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("place" as const), change: inPlace }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), change: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("break" as const), change: fc.constant(null) }) },
);
type Change = typeof change extends fc.Arbitrary<infer One> ? One : never;

const look = fc.record({
  /** By the number of the call; the others are answered as they should be. */
  changes: fc.array(fc.tuple(fc.nat(2), change), { maxLength: 2 }),
  passedMs: oneOf(0, 11_000, 130_000, 400_000, 800_000),
});
const asked = fc.record({
  person: oneOf(...personNames),
  cluster: oneOf<Cluster>("production", "staging"),
  /** The first look meets a Worker that knows nothing. */
  looks: fc.array(look, { minLength: 1, maxLength: 3 }),
});

/** @returns null for an answer that does not come */
async function applied(change: Change, response: Response): Promise<Response | null> {
  const { status, headers } = response;
  const isBodiless = status === 204 || status === 304;
  const text = await response.text();
  switch (change.kind) {
    case "break":
      return null;
    case "cut":
      return new Response(isBodiless ? null : text.slice(0, change.change % (text.length + 1)), { status, headers });
    case "header": {
      const changed = new Headers(headers);
      changed.set(...change.change);
      return new Response(isBodiless ? null : text, { status, headers: changed });
    }
    case "place": {
      const { status: other, body } = change.change;
      const hasBody = other !== 204 && other !== 205 && other !== 304;
      return new Response(hasBody ? body : null, { status: other, headers: { "content-type": "application/json" } });
    }
    case "member": {
      if (text === "") return new Response(null, { status, headers });
      const body: unknown = JSON.parse(text);
      return new Response(JSON.stringify(changedAt(body, change.change.path, change.change.value)), {
        status,
        headers,
      });
    }
  }
}

function changedAt(body: unknown, [index = 0, ...rest]: readonly number[], value: unknown): unknown {
  if (typeof body !== "object" || body === null) return value;
  const keys = Object.keys(body);
  const key = keys[index % keys.length];
  if (key === undefined) return value;
  const copy: Record<string, unknown> = Array.isArray(body)
    ? ([...body] as unknown as Record<string, unknown>)
    : { ...body }; // an array has its indices as keys
  const next = rest.length === 0 ? value : changedAt(copy[key], rest, value);
  if (next === undefined) delete copy[key];
  else copy[key] = next;
  return copy;
}

/** Every object in a body, at any depth. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)]; // no other value has members
}

/** The policies and what they need, written down once more, over everything that GitHub said about this token. */
function holdToWhatGitHubSaid(user: User, cluster: Cluster, said: readonly unknown[]): void {
  const objects = said.flatMap(objectsIn);
  const isMember = objects.some(
    ({ state, role, organization }) =>
      state === "active" && (role === "member" || role === "admin") && isNumbered(organization, 1234),
  );
  const teams = objects.filter(({ organization }) => isNumbered(organization, 1234));
  const account = objects.find(
    ({ id, login, type }) =>
      String(id) === user.uid && typeof id === "number" && typeof login === "string" && type === "User",
  );
  const mayEnter =
    cluster === "production"
      ? user.uid !== "99" && (user.uid === "583231" || isMember)
      : isMember && teams.some(({ id }) => id === 55);
  const groupsAreSaid = user.groups.every(
    (group) => isMember && (!group.includes("/") || teams.some(({ slug }) => group.endsWith(`/${slug}`))),
  );
  if (account === undefined || !mayEnter || !groupsAreSaid) {
    throw new Error(
      `a wrong yes at ${cluster}: ${JSON.stringify(user)}, and GitHub said ${JSON.stringify(said).slice(0, 20_000)}`,
    );
  }
}

const isNumbered = (organisation: unknown, id: number) =>
  typeof organisation === "object" && organisation !== null && "id" in organisation && organisation.id === id;

test("an answer of GitHub's lets in only whom it is about", { timeout: timeoutMs }, async () => {
  const scene = await startScene();
  const counts = { yes: 0, no: 0 };
  await holdForAnyInput(
    "answers of GitHub",
    fc.asyncProperty(asked, async ({ person, cluster, looks }) => {
      const token = scene.tokenOf(person);
      const said: unknown[] = [];
      let changes: (readonly [number, Change])[] = [];
      let calls = 0;
      const worker = scene.startWorker({}, async (request) => {
        const call = calls;
        calls += 1;
        let response: Response | null = await scene.github.answer(request);
        for (const [number, one] of changes) {
          if (number === call && response !== null) response = await applied(one, response);
        }
        if (response === null) throw new TypeError("the connection broke");
        const copy = response.clone();
        const text = await copy.text();
        if (copy.status === 200) said.push(parsedOrNull(text));
        return response;
      });
      for (const { changes: wanted, passedMs } of looks) {
        scene.clock.nowMs += passedMs;
        changes = wanted;
        calls = 0;
        const user = await worker.review(token, cluster);
        counts[user === null ? "no" : "yes"] += 1;
        if (user !== null) holdToWhatGitHubSaid(user, cluster, said);
        else if (wanted.length === 0 && looks.length === 1) expect(people[person].mayEnter).not.toContain(cluster);
      }
      scene.github.revokeToken(token);
      scene.github.requests.splice(0);
    }),
    1_000,
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
