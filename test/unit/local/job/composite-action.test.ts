import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { actionSteps } from "../../../../src/local/job/composite-action.ts";
import { repositoryRoot } from "../../../support/worker-config.ts";

const ours = readFileSync(join(repositoryRoot, "k8s/github-action/action.yml"), "utf8");
/** What GitHub replaces in an action. */
const expression = (text: string) => `$\{{ ${text} }}`;

const given = { issuer: "https://login.example.com", cluster: "production", server: "https://10.0.0.1" };

test("inputs reach the script of the action as variables, hostile ones too", () => {
  const hostile = `"; echo '$(id)'\n\${{ inputs.issuer }}`;
  expect(actionSteps(ours, { ...given, cluster: hostile })).toEqual([
    {
      shell: "sh",
      script: 'sh "$GITHUB_ACTION_PATH/configure.sh"',
      environment: {
        OCTOGATE_ISSUER: "https://login.example.com",
        OCTOGATE_CLUSTER: hostile,
        OCTOGATE_EXCHANGE: "true",
        CLUSTER_SERVER: "https://10.0.0.1",
        CLUSTER_AUTHORITY: "",
      },
    },
  ]);
});

test("an input that is missing or unknown is an error", () => {
  expect(() => actionSteps(ours, { issuer: given.issuer })).toThrow("cluster: is a required input");
  expect(() => actionSteps(ours, { ...given, token: "x" })).toThrow("token: is no input");
});

test("an expression in a script is an error: there an input could be a command", () => {
  const action = ours.replace("run: sh ", `run: echo ${expression("inputs.cluster")}; sh `);
  expect(() => actionSteps(action, given)).toThrow("an expression");
  expect(() => actionSteps(ours.replace(expression("inputs.issuer"), expression("github.token")), given)).toThrow(
    "an expression",
  );
});
