// `octogate kubeconfig --for-people --merge` as processes: two at once.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { octogate } from "./support/octogate.ts";

const deployment = `
name = "octogate"
[vars]
ISSUER_URL = "https://login.acme.test"
[vars.CLUSTER_PRODUCTION]
sign_in = true
allow = ["org:acme#1234"]
`;

test("of two at once neither loses what the other wrote: each has its context, or says that the file was changed", async () => {
  const { path: cwd } = await makeDeploymentFolder(deployment);
  const file = join(cwd, "mine.yaml");
  await writeFile(file, "# mine\n");
  const logins = ["one", "two", "three"];
  const args = ["kubeconfig", "--for-people", "--cluster", "production", "--server", "https://api.acme.test"];
  const outcomes = await Promise.all(
    logins.map((login) => octogate([...args, "--login", login, "--merge", "mine.yaml"], { cwd })),
  );
  const { contexts } = parse(await readFile(file, "utf8")) as { contexts: { name: string }[] }; // our own
  const present = logins.map((login) => contexts.some(({ name }) => name === `${login}@production`));
  expect(outcomes.map(({ exitCode }) => exitCode === 0)).toEqual(present);
  expect(present).toContain(true);
  for (const { exitCode, stderr } of outcomes) {
    if (exitCode !== 0) expect(stderr).toMatch(/was changed while this command ran|EEXIST/);
  }
});
