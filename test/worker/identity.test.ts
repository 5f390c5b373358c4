// Every row of docs/identity.md once more, on the real runtime: what leaves the Worker at both doors, and what its log
// says.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askAbout, policyOf, type RowTokens, type Settings, settingsOf, tokensOf } from "../identity/answers.ts";
import type { IdentityCase, PolicyTable, Section, Source } from "../identity/case.ts";
import { sections } from "../identity/cases.ts";
import type { Deployment } from "../identity/deployment.ts";
import { expectAnswers } from "../identity/expect-answers.ts";
import { outcomeOf } from "../identity/outcome.ts";
import { audienceOf, type Scene, startScene } from "../identity/scene.ts";
import { useWorker } from "../support/worker-harness.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

interface Visit {
  readonly section: Section;
  readonly row: IdentityCase;
  /** Each row's policy is a cluster of its own. */
  readonly cluster: string;
}

function visitsWith(source: Source): Visit[] {
  return sections
    .filter((section) => (section.source ?? "own_token") === source)
    .flatMap((section) => section.rows.map((row) => ({ section, row })))
    .map((visit, index) => ({ ...visit, cluster: `row-${index}` }));
}

const formHeaders = { "content-type": "application/x-www-form-urlencoded" };
const sources: readonly Source[] = ["own_token", "installed_app", "check_token", "check_token_with_wrong_secret"];

/** All rows come from one address, and each refusal counts there. */
const ratelimits = ["NEVER_SEEN_LIMIT", "AUTHORIZE_LIMIT", "DEVICE_LIMIT", "TOKEN_FAILURE_LIMIT"].map(
  (name, index) => ({
    name,
    namespace_id: String(index),
    simple: { limit: 10_000, period: 60 },
  }),
);

describe.each(sources)("with the source %s", (source) => {
  const visits = visitsWith(source);
  const prepared = new Map<string, { readonly tokens: RowTokens; readonly policy: PolicyTable }>();
  let settings: Settings;
  const worker = useWorker(async () => {
    settings = settingsOf(scene, source);
    for (const { section, row, cluster } of visits) {
      const tokens = tokensOf(scene, section, row, audienceOf(settings.ISSUER_URL, cluster));
      prepared.set(cluster, { tokens, policy: policyOf(section, row, tokens) });
    }
    const clusters = [...prepared].map(([cluster, { policy }]) => [cluster, policy]);
    return {
      githubApiUrl: scene.github.url,
      vars: settings,
      clusters: Object.fromEntries(clusters),
      bindings: { ratelimits },
    };
  });

  test.each(visits)("$section.title: $row.shows: $row.person", async ({ row, cluster }) => {
    const { tokens, policy } = prepared.get(cluster) ?? {};
    if (tokens === undefined || policy === undefined) throw new Error(`there is no cluster ${cluster}`);
    const answers = await askAbout(deploymentOf(row), settings, cluster, row, tokens);
    expectAnswers(answers, row, policy, tokens);
  });

  function deploymentOf(row: IdentityCase): Deployment {
    return {
      async review(cluster, token) {
        const { status, body } = await worker().review(token, { cluster });
        expect(body).not.toContain(token);
        return outcomeOf(status, body, await decisionAbout(row, cluster, token));
      },
      fetch: (url, init) => worker().fetch(url, { ...init, headers: formHeaders, body: String(init?.body) }),
    };
  }

  /** Null for a token that is not from GitHub; a wrong configuration is logged without saying whose review it was. */
  async function decisionAbout(
    { expected, token: spec }: IdentityCase,
    cluster: string,
    token: string,
  ): Promise<unknown> {
    if (expected.reason === "not_github_token") return null;
    if (expected.reason !== "configuration" && spec.kind !== "workflow") return worker().decisionAbout(token);
    return worker().decisionOf(cluster);
  }
});
