// Every row of docs/identity.md once more, on the real runtime: what leaves the Worker, and what its log says.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IdentityCase, Section, Source } from "../identity/case.ts";
import { sections } from "../identity/cases.ts";
import { expectOutcome } from "../identity/expect-outcome.ts";
import { outcomeOf } from "../identity/outcome.ts";
import { policyOf, withToken } from "../identity/review.ts";
import { type Scene, startScene } from "../identity/scene.ts";
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

const sources: readonly Source[] = ["own_token", "installed_app", "check_token", "check_token_with_wrong_secret"];

describe.each(sources)("with the source %s", (source) => {
  const visits = visitsWith(source);
  const tokens = new Map<string, string>();
  const worker = useWorker(async () => {
    for (const { row, cluster } of visits) tokens.set(cluster, scene.tokenOf(row.person, row.token, cluster));
    const clusters = visits.map(({ section, row, cluster }) => [
      cluster,
      withToken(policyOf(section, row), tokens.get(cluster) ?? ""),
    ]);
    return {
      githubApiUrl: scene.github.url,
      vars: scene.settingsOf(source),
      clusters: Object.fromEntries(clusters),
    };
  });

  test.each(visits)("$section.title: $row.shows: $row.person", async ({ row, cluster }) => {
    const token = tokens.get(cluster) ?? "";
    const { status, body } = await worker().review(token, { cluster });
    const outcome = outcomeOf(status, body, await decisionAbout(row, cluster, token));
    expectOutcome(outcome, row);
    expect(body).not.toContain(token);
  });

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
