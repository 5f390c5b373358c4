// Any JWT in the place of a workflow's token: claims and headers of every type, signed by GitHub's key or another, and
// texts that are almost one. A "yes" rests on claims that GitHub signed, at the door that they name, in their time.
import fc from "fast-check";
import { expect, test } from "vitest";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import {
  audience,
  claimsIn,
  environmentEntry,
  foreignKey,
  gitHubKey,
  startWorkflowApp,
  workflowEntry,
  workflowToken,
} from "../worker/workflows/support.ts";

const oneOf = fc.constantFrom;
const good = claimsIn(workflowToken());
const claimNames = [...Object.keys(good), "environment"];
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  oneOf<unknown>(undefined, "", " ", 0, -1, 2 ** 53, "1234", "9001", "09001", 9001, [audience], null, {}, true),
  oneOf("acme/shop", "Acme/Shop", "mallory/shop", "push", "pull_request_target", "production", "PRODUCTION", "x/y"),
  oneOf(audience, `${audience}/`, "https://github.com/acme", "system:masters", "é", "a\nb", "x".repeat(20_000)),
);
const headerNames = oneOf("alg", "kid", "typ", "crit", "jku", "x5u", "jwk", "b64", "zip");
const headerValue = fc.oneof(
  oneOf<unknown>(
    "none",
    "HS256",
    "RS384",
    "ES256",
    "RS256",
    "",
    undefined,
    null,
    ["exp"],
    [],
    "https://evil.test/keys",
  ),
  oneOf<unknown>(gitHubKey.kid, foreignKey.kid, "constructor", "__proto__", gitHubKey.publicJwk, false),
);
const textChange = fc.record({
  at: fc.nat(),
  removed: fc.nat(2),
  put: fc.oneof(fc.string({ maxLength: 2 }), oneOf("A", "z", "-", "_", ".", "=", "")),
});

const asked = fc.record({
  claims: fc.oneof(
    { weight: 2, arbitrary: fc.constant<[string, unknown][]>([]) },
    fc.array(fc.tuple(oneOf(...claimNames), anyValue), { maxLength: 3 }),
  ),
  header: fc.oneof(
    { weight: 4, arbitrary: fc.constant<[string, unknown][]>([]) },
    fc.array(fc.tuple(headerNames, headerValue), { maxLength: 2 }),
  ),
  environment: fc.option(oneOf("production", "Production", "staging"), { nil: undefined }),
  event: oneOf("push", "push", "push", "schedule", "pull_request", "workflow_run"),
  ref: oneOf("refs/heads/main", "refs/heads/main", "refs/heads/Main", "refs/tags/v1@refs/heads/main"),
  key: oneOf("GitHub's", "GitHub's", "GitHub's", "GitHub's", "another"),
  ageSeconds: oneOf(0, 0, 0, 290, 301, 355, 365, 10_000, -50, -300, -600, -700),
  text: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, textChange),
  door: oneOf("webhook", "exchange"),
});

test("a token gets in what GitHub signed for it, and nothing else", { timeout: timeoutMs }, async () => {
  const app = startWorkflowApp();
  // The keys are known from here on.
  expect((await app.review(workflowToken())).body.status).toMatchObject({ authenticated: true });
  const counts = { webhook: 0, exchange: 0, no: 0 };
  await holdForAnyInput(
    "workflow tokens",
    fc.asyncProperty(asked, async (input) => {
      // A key that is not known may be looked for once a minute.
      app.clock.nowMs += 61_000;
      const signed = workflowToken(
        {
          job: {
            event: input.event,
            ref: input.ref,
            ...(input.environment === undefined ? {} : { environment: input.environment }),
          },
          claims: Object.fromEntries(input.claims),
          header: Object.fromEntries(input.header),
          key: input.key === "another" ? { ...foreignKey, kid: gitHubKey.kid } : gitHubKey,
          ageSeconds: input.ageSeconds,
        },
        app.clock.nowMs,
      );
      const token = input.text === null ? signed : changed(signed, input.text);
      const isAdmitted = await isLetIn(token);
      await app.settled();
      expect(app.errors.splice(0).filter((line) => line.includes("an exception"))).toEqual([]);
      expect(app.lines.splice(0).join("\n")).not.toContain(token.slice(-40));
      counts[isAdmitted ? input.door : "no"] += 1;
      if (!isAdmitted) return;

      // The rules, written down once more.
      expect({ token, key: input.key }).toEqual({ token: signed, key: "GitHub's" });
      const claims = claimsIn(token);
      const header = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as Record<
        string,
        unknown
      >; // it opened
      expect(header).toMatchObject({ alg: "RS256", kid: gitHubKey.kid });
      expect(header).not.toHaveProperty("crit");
      expect(claims.aud).toBe(audience);
      expect(["push", "schedule", "workflow_dispatch", "release"]).toContain(claims.event_name);
      expect([claims.repository_owner_id, claims.repository_id]).toEqual(["1234", "9001"]);
      const now = app.clock.nowMs / 1000;
      expect(Number(claims.exp) + (input.door === "webhook" ? 60 : 0)).toBeGreaterThan(now);
      for (const name of ["nbf", "iat"]) if (name in claims) expect(Number(claims[name])).toBeLessThanOrEqual(now + 60);
      const isTheWorkflow = String(claims.workflow_ref).toLowerCase() === pathOf(workflowEntry) && isExactPath(claims);
      const isTheEnvironment = String(claims.environment).toLowerCase() === "production";
      expect({ isTheWorkflow, isTheEnvironment }).not.toEqual({ isTheWorkflow: false, isTheEnvironment: false });
      expect(environmentEntry).toContain("/production#");

      async function isLetIn(text: string): Promise<boolean> {
        if (input.door === "exchange") return (await app.exchange(text)).status === 200;
        const { status, body } = await app.review(text);
        expect([200, 503]).toContain(status);
        return status === 200 && typeof body.status === "object" && body.status.authenticated === true;
      }
    }),
    1_500,
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});

function changed(token: string, { at, removed, put }: { at: number; removed: number; put: string }): string {
  const start = at % (token.length + 1);
  return token.slice(0, start) + put + token.slice(start + removed);
}

/** `OWNER/REPOSITORY/PATH@REF` of the entry, in lower case. */
function pathOf(entry: string): string {
  return entry.slice("workflow:".length, entry.lastIndexOf("#")).toLowerCase();
}

/** Names of repositories are the same in any case; paths and refs are not. */
function isExactPath({ workflow_ref: ref }: Record<string, unknown>): boolean {
  return String(ref).endsWith("/.github/workflows/deploy.yml@refs/heads/main");
}
