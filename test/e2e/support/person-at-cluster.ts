// A person at a cluster, with the kubeconfig that `octogate kubeconfig --for-people` prints, and `octogate doctor` from
// there.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { octogate as octogateCommand } from "../../cli/support/octogate.ts";
import { parseKubeconfig } from "../../support/cluster-files.ts";
import { runCommand } from "../../unit/cli/support/command.ts";
import type { ControlPlane } from "./control-plane.ts";
import { clusterName, type Octogate } from "./octogate.ts";
import { installPrograms } from "./sign-in-kubectl.ts";

export interface PersonAtCluster {
  /** The path of their kubeconfig. */
  readonly kubeconfig: string;
  /** What stands in PATH. */
  readonly path: string;
  /** Where the plugin keeps its tokens. */
  readonly cache: string;
}

/** What an operator prints for people of a cluster. */
async function printForPeople({ stateDir }: Octogate, { url, authorityFile }: ControlPlane): Promise<string> {
  const args = [
    ...["kubeconfig", "--for-people", "--cluster", clusterName, "--config", join(stateDir, "wrangler.toml")],
    ...["--server", url, "--server-ca-file", authorityFile, "--sign-in-ca-file", join(stateDir, "ca.crt")],
  ];
  const { exitCode, stdout, stderr } = await octogateCommand(args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** A person who signs in in the browser. */
export async function personWhoSignsIn(
  octogate: Octogate,
  controlPlane: ControlPlane,
  person: string,
): Promise<PersonAtCluster> {
  const installed = await installPrograms(controlPlane, { person, githubWebUrl: octogate.github.webUrl });
  const kubeconfig = join(installed.path, "kubeconfig");
  await writeFile(kubeconfig, await printForPeople(octogate, controlPlane));
  return { ...installed, kubeconfig };
}

/** A person who brings a token, which kube-apiserver asks the webhook about. */
export async function personWithToken(
  octogate: Octogate,
  controlPlane: ControlPlane,
  token: string,
): Promise<PersonAtCluster> {
  const person = await personWhoSignsIn(octogate, controlPlane, "");
  await writeFile(join(person.path, "github-token"), `${token}\n`);
  await changeKubeconfig(person, (text) => {
    const kubeconfig = parseKubeconfig(text);
    kubeconfig.users[0].user = { tokenFile: "github-token" };
    return JSON.stringify(kubeconfig);
  });
  return person;
}

export async function changeKubeconfig(
  { kubeconfig }: PersonAtCluster,
  change: (text: string) => string,
): Promise<void> {
  await writeFile(kubeconfig, change(await readFile(kubeconfig, "utf8")));
}

const reportSchema = v.object({
  ok: v.boolean(),
  checks: v.array(v.object({ name: v.string(), state: v.string(), seen: v.string(), hint: v.optional(v.string()) })),
});

export interface Diagnosis {
  readonly exitCode: number;
  /** Each check that was made, with its state. */
  readonly states: Readonly<Record<string, string>>;
  /** What was seen, and the hint, of the checks that are broken. */
  readonly broken: Readonly<Record<string, string>>;
  /** What was seen, by the check. */
  readonly seen: Readonly<Record<string, string>>;
  /** Everything that was printed. */
  readonly output: string;
}

/** @param clockAheadMs how much this machine's clock is ahead, as the command sees it */
export async function diagnose(
  { stateDir }: Octogate,
  { kubeconfig, path }: PersonAtCluster,
  { clockAheadMs = 0 } = {},
): Promise<Diagnosis> {
  const { exitCode, stdout, output } = await runCommand(
    [
      ...["doctor", "--cluster", clusterName, "--config", join(stateDir, "wrangler.toml")],
      ...["--kubeconfig", kubeconfig, "--json"],
    ],
    { env: { PATH: path, HOME: dirname(kubeconfig) }, now: () => Date.now() + clockAheadMs },
  );
  const { checks } = v.parse(reportSchema, JSON.parse(stdout));
  const by = (value: (check: (typeof checks)[number]) => string, among = checks) =>
    Object.fromEntries(among.map((check) => [check.name, value(check)]));
  return {
    exitCode,
    output,
    states: by(({ state }) => state),
    seen: by(({ seen }) => seen),
    broken: by(
      ({ seen, hint }) => `${seen} → ${hint}`,
      checks.filter(({ state }) => state === "broken"),
    ),
  };
}
