// What a review through an organisation leaves in the log, in `extra` and on stderr.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { classic, fineGrained } from "../identity/case.ts";
import { type Scene, startScene } from "../identity/scene.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { logDeadline, useWorker } from "../support/worker-harness.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

const kinds = { token_kinds: ["classic", "fine_grained"] };
const worker = useWorker(async () => ({
  githubApiUrl: scene.github.url,
  vars: scene.settingsOf("own_token"),
  clusters: {
    pinned: { ...kinds, allow: ["org:acme#1234", "org:globex#2345", "org:hooli#3456", "user:oscar#115"] },
    unpinned: { ...kinds, allow: ["team:acme/platform", "user:emil"], deny: ["user:finn"] },
    renamed: { ...kinds, allow: ["org:tyrell#7001", "team:acme/oncall#60"] },
  },
}));

const reads = classic("read:org");

test("the log has the membership in each organisation, or why it is hidden from the token", async () => {
  const { review, decisionAbout } = worker();
  const hugo = scene.tokenOf("hugo", reads);
  const gina = scene.tokenOf("gina", fineGrained("globex"));
  const dora = scene.tokenOf("dora", reads);
  for (const token of [hugo, gina, dora]) await review(token);

  expect(await decisionAbout(hugo)).toMatchObject({
    reason: "admitted",
    groups: 1,
    organisations: { "acme#1234": "active", "globex#2345": "none", "hooli#3456": "sso_required" },
  });
  expect(await decisionAbout(gina)).toMatchObject({
    reason: "admitted",
    organisations: {
      "acme#1234": "other_resource_owner",
      "globex#2345": "active",
      "hooli#3456": "other_resource_owner",
    },
  });
  expect(await decisionAbout(dora)).toMatchObject({
    reason: "invitation_pending",
    organisations: { "acme#1234": "pending", "globex#2345": "none", "hooli#3456": "none" },
  });
});

test("extra names the host, and what the token may not see", async () => {
  const token = scene.tokenOf("hugo", reads);
  const { user } = JSON.parse((await worker().review(token)).body).status;
  expect(user.extra).toEqual({
    "authentication.kubernetes.io/credential-id": [credentialIdOf(token)],
    "octogate.dev/credential-kind": ["classic"],
    "octogate.dev/github-host": [new URL(scene.github.url).host],
    "octogate.dev/hidden-organisations": ["hooli=sso_required"],
    "octogate.dev/login": ["hugo"],
  });
});

test("a link that helps with single sign-on is in the answer, and leaves no trace in the log", async () => {
  const only = scene.tokenOf("hugo", reads);
  scene.github.removeMember(scene.organisations.acme, scene.accounts.hugo);
  try {
    const { error } = JSON.parse((await worker().review(only)).body).status;
    expect(error).toMatch(
      /^sso_required: .+ \(hooli, https:\/\/github\.com\/orgs\/hooli\/sso\?authorization_request=[0-9A-F]+\)$/,
    );
    await worker().decisionAbout(only);
    expect(worker().logLines().join("\n")).not.toContain("authorization_request");
  } finally {
    scene.github.addMember(scene.organisations.acme, scene.accounts.hugo);
  }
});

test("names that are not pinned are warned about once, with what to write", async () => {
  const { review, logLines } = worker();
  for (const person of ["ben", "ada", "emil", "finn", "ben"] as const) {
    await review(scene.tokenOf(person, reads), { cluster: "unpinned" });
  }
  const warnings = () => logLines().filter((line) => line.startsWith("CLUSTER_UNPINNED: "));
  const meaning = "is not pinned, so the name alone counts: write";
  await vi.waitFor(
    () =>
      expect(warnings().sort()).toEqual([
        `CLUSTER_UNPINNED: acme ${meaning} acme#1234`,
        `CLUSTER_UNPINNED: team:acme/platform ${meaning} team:acme/platform#55`,
        `CLUSTER_UNPINNED: user:emil ${meaning} user:emil#105`,
        `CLUSTER_UNPINNED: user:finn ${meaning} user:finn#106`,
      ]),
    logDeadline,
  );
});

test("names that changed hands are warned about once, with whose they are now", async () => {
  const { review, logLines } = worker();
  for (const person of ["lea", "max", "pia", "quin", "lea"] as const) {
    await review(scene.tokenOf(person, reads), { cluster: "renamed" });
  }
  const warnings = () => logLines().filter((line) => line.startsWith("CLUSTER_RENAMED: "));
  await vi.waitFor(
    () =>
      expect(warnings().sort()).toEqual([
        "CLUSTER_RENAMED: acme is not pinned, so the name alone counts: write acme#1234",
        "CLUSTER_RENAMED: team:acme/oncall#60 has lost its name, which belongs to #61 now",
        "CLUSTER_RENAMED: team:acme/oncall#60 is called duty now",
        "CLUSTER_RENAMED: tyrell#7001 has lost its name, which belongs to #7002 now",
        "CLUSTER_RENAMED: tyrell#7001 is called Wallace now: write Wallace#7001",
      ]),
    logDeadline,
  );
});
