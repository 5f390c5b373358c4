// `octogate doctor --kubeconfig` from a person's side: real kube-apiservers that verify ID tokens and ask the webhook,
// and each way in which a sign-in goes wrong there.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { octogate as octogateCommand } from "../cli/support/octogate.ts";
import { commandsIn, readDocument } from "../support/document-commands.ts";
import { findPieces } from "../support/token-search.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { needs, structuredVersion } from "./support/needs.ts";
import { clusterName, type Octogate, personOf, startOctogate } from "./support/octogate.ts";
import {
  changeKubeconfig,
  diagnose,
  type PersonAtCluster,
  personWhoSignsIn,
  personWithToken,
} from "./support/person-at-cluster.ts";
import { addReefWorks } from "./support/reef-works.ts";

let octogate: Octogate;
const configuration = () => join(octogate.stateDir, `${clusterName}.authentication.yaml`);

beforeAll(async () => {
  octogate = await startOctogate({
    signsIn: true,
    addTo: addReefWorks,
  });
});
afterAll(() => octogate?.stop());

/** kube-apiserver reads the issuer's keys, and a changed file, in its own time. */
const trustDeadlineMs = 90_000;

const signInChecks = ["sign-in", "sign-in-clock", "discovery", "signing-keys"];

function allOk(...names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, "ok"]));
}

async function tokensOf({ cache }: PersonAtCluster): Promise<string[]> {
  const schema = v.object({ idToken: v.string(), refreshToken: v.string() });
  const { idToken, refreshToken } = v.parse(schema, JSON.parse(await readFile(cache, "utf8")));
  return [idToken, refreshToken];
}

async function untilTrusted(person: PersonAtCluster): Promise<void> {
  const isTrusted = async () => (await diagnose(octogate, person)).states.whoami === "ok";
  await until(isTrusted, trustDeadlineMs, "kube-apiserver trusts the issuer");
}

describe("octogate doctor from a person's side", needs("structured authentication"), () => {
  let controlPlane: ControlPlane;
  let mira: PersonAtCluster;
  const signedIn = (login: string) => personWhoSignsIn(octogate, controlPlane, login);
  beforeAll(async () => {
    const flags = [`--authentication-config=${configuration()}`];
    controlPlane = await startControlPlane(octogate.webhookKubeconfig, { flags });
    mira = await signedIn(octogate.maintainer.login);
    await untilTrusted(mira);
  });
  afterAll(() => controlPlane?.stop());

  test("finds everything in order for a person who signs in, and prints nothing of a token", async () => {
    const { exitCode, states, seen, output } = await diagnose(octogate, mira);
    expect(states).toEqual(
      allOk(
        ...["configuration", "kubeconfig", ...signInChecks],
        ...["kube-apiserver", "credential", "id-token", "whoami", "names"],
      ),
    );
    expect(exitCode).toBe(0);
    expect(seen["kube-apiserver"]).toMatch(/^v1\.\d+\.\d+ answers in /);
    expect(seen["kube-apiserver"]).toMatch(new RegExp(`AuthenticationConfiguration ${structuredVersion()}$`));
    expect(seen.whoami).toContain(
      `github:${personOf(octogate.maintainer)}, github:Reef-Works, github:Reef-Works/platform`,
    );
    expect(seen.names).toBe("the username and 2 groups are those of the token and the policy, behind github:");
    expect(findPieces(await tokensOf(mira), [{ name: "output", bytes: output }])).toEqual([]);
  });

  test("the session that kubelogin would keep takes as much room as docs/kubelogin.md says", async () => {
    const [idToken, refreshToken] = await tokensOf(mira);
    const bytes = JSON.stringify({ id_token: idToken, refresh_token: refreshToken }).length;
    // 40 bytes for a name of 27 characters with its quotes and comma, in base64.
    const groupBytes = ["Reef-Works", "Reef-Works/platform"].map((name) => ((name.length + 3) * 4) / 3);
    const withoutGroups = bytes - groupBytes.reduce((sum, one) => sum + one);
    expect(Math.abs(withoutGroups - 1300)).toBeLessThan(100);
    const groupsOnWindows = Math.floor((2560 - withoutGroups) / 40);
    expect(Math.abs(groupsOnWindows - 31)).toBeLessThan(3);
  });

  test("finds everything in order for a person with a token of their own, whom the webhook knows", async () => {
    const token = octogate.github.issueToken(octogate.maintainer, { kind: "classic", scopes: ["read:org"] });
    const person = await personWithToken(octogate, controlPlane, token);
    const { exitCode, states, seen, output } = await diagnose(octogate, person);
    expect(states).toEqual(
      allOk("configuration", "kubeconfig", "kube-apiserver", "credential", "policy", "whoami", "names"),
    );
    expect(exitCode).toBe(0);
    expect(seen.names).toBe("username, uid and 2 groups are those of the policy");
    expect(findPieces([token], [{ name: "output", bytes: output }])).toEqual([]);
  });

  test("prints what the page shows, by the page's own command", async () => {
    const [command = "", ...others] = commandsIn("docs/command.md", "doctor from a person's side");
    expect(others).toEqual([]);
    const args = command
      .replace("octogate ", "")
      .replace("~/.kube/config", mira.kubeconfig)
      .replaceAll("production", clusterName)
      .concat(` --config ${join(octogate.stateDir, "wrangler.toml")}`)
      .trim()
      .split(/\s+/);
    const { exitCode, stdout } = await octogateCommand(args, { env: { PATH: mira.path, HOME: mira.path } });
    expect(exitCode).toBe(0);
    const text = readDocument("docs/command.md");
    const [, shown = ""] =
      /```text\n(✓ configuration [^`]+)```/.exec(text.slice(text.indexOf("doctor from a person's side"))) ?? [];
    const titles = (output: string) =>
      output
        .trimEnd()
        .split("\n")
        .map((line) => line.slice(0, "✓ kube-apiserver  ".length));
    expect(titles(stdout)).toEqual(titles(shown));
  });

  test("names the audience where the kubeconfig signs in to another cluster", async () => {
    const person = await signedIn(octogate.maintainer.login);
    await changeKubeconfig(person, (text) => text.replace(`--oidc-client-id=${clusterName}`, "--oidc-client-id=other"));
    const { exitCode, broken, states } = await diagnose(octogate, person);
    expect(exitCode).toBe(1);
    expect(broken.kubeconfig).toContain(`signs in to other, not to ${clusterName}`);
    expect(states).toMatchObject({ "kube-apiserver": "skipped", credential: "skipped", whoami: "skipped" });
  });

  test("says what the policy says of a person who is not admitted, by the sign-in and by the webhook", async () => {
    const bySignIn = await diagnose(octogate, await signedIn(octogate.outsider.login));
    expect(bySignIn.exitCode).toBe(1);
    expect(bySignIn.broken.credential).toContain("access_denied This GitHub account is not admitted here");
    expect(bySignIn.states).toMatchObject({ "id-token": "skipped", whoami: "skipped", names: "skipped" });

    const token = octogate.github.issueToken(octogate.outsider, { kind: "classic", scopes: ["read:org"] });
    const byToken = await diagnose(octogate, await personWithToken(octogate, controlPlane, token));
    expect(byToken.exitCode).toBe(1);
    expect(Object.keys(byToken.broken)).toEqual(["policy"]);
    expect(byToken.states).toMatchObject({ whoami: "skipped", names: "skipped" });
    expect(findPieces([token], [{ name: "output", bytes: byToken.output }])).toEqual([]);
  });

  test("says that kubelogin is missing, and how to install it", async () => {
    const person = await signedIn(octogate.maintainer.login);
    await rm(join(person.path, "kubectl-oidc_login"));
    const { exitCode, broken } = await diagnose(octogate, person);
    expect(exitCode).toBe(1);
    expect(broken.credential).toContain("kubelogin is not installed: kubectl-oidc_login is not in PATH");
    expect(broken.credential).toContain("brew install kubelogin");
    await rm(join(person.path, "kubectl"));
    expect((await diagnose(octogate, person)).broken.credential).toContain("kubectl is not in PATH");
  });

  test("says that this machine's clock is ahead, by which every token has ended", async () => {
    const { exitCode, broken } = await diagnose(octogate, mira, { clockAheadMs: 20 * 60_000 });
    expect(exitCode).toBe(1);
    expect(broken["sign-in-clock"]).toContain("this machine's clock is 20 min ahead of the server's");
    expect(broken["id-token"]).toMatch(
      /has ended \d+ s ago by this machine's clock, and has \d+ s left by the provider's/,
    );
  });

  test("names the sign-in hostname where that is down, and still looks at kube-apiserver", async () => {
    await octogate.stopEdge();
    try {
      const { exitCode, broken, states } = await diagnose(octogate, mira);
      expect(exitCode).toBe(1);
      expect(Object.keys(broken)).toEqual(["sign-in"]);
      expect(broken["sign-in"]).toContain("nothing listens there");
      expect(states).toMatchObject({ "kube-apiserver": "ok", credential: "skipped", names: "skipped" });
    } finally {
      await octogate.startEdge();
    }
  });

  test("says that the cluster does not trust the issuer or the audience, and fails where names come without a prefix", async () => {
    const right = await readFile(configuration(), "utf8");
    const changed = async (from: string, to: string, check: string) => {
      await writeFile(configuration(), right.replaceAll(from, to));
      const isBroken = async () => {
        const diagnosis = await diagnose(octogate, mira);
        return diagnosis.states[check] === "broken" ? diagnosis : undefined;
      };
      return until(isBroken, trustDeadlineMs, `${check} is broken`);
    };
    try {
      const noPrefix = await changed('prefix: "github:"', 'prefix: ""', "names");
      expect(noPrefix.exitCode).toBe(1);
      expect(noPrefix.broken.names).toContain(`names come without a prefix: ${personOf(octogate.maintainer)}`);
      const audience = await changed(`- ${clusterName}`, "- production", "whoami");
      expect(audience.exitCode).toBe(1);
      expect(audience.broken.whoami).toContain("refuses the token, which is in order by itself");
      expect(audience.broken.whoami).toContain(`for the audience ${clusterName}`);
      expect(audience.states).toMatchObject({ "id-token": "ok", names: "skipped" });
    } finally {
      await writeFile(configuration(), right);
    }
    await untilTrusted(mira);
  });

  test("says that a cluster which asks the webhook alone does not trust the issuer", async () => {
    const webhookAlone = await startControlPlane(octogate.webhookKubeconfig);
    try {
      const person = await personWhoSignsIn(octogate, webhookAlone, octogate.maintainer.login);
      const { exitCode, broken } = await diagnose(octogate, person);
      expect(exitCode).toBe(1);
      expect(Object.keys(broken)).toEqual(["whoami"]);
      expect(broken.whoami).toContain("it does not trust https://localhost:");
    } finally {
      await webhookAlone.stop();
    }
  });
});

describe("octogate doctor from a person's side, where a cluster trusts by flags", needs("a control plane"), () => {
  test(
    "fails where flags without a prefix make names that begin with the issuer",
    needs("kubectl auth whoami"),
    async () => {
      const controlPlane = await startByFlags([]);
      try {
        const person = await personWhoSignsIn(octogate, controlPlane, octogate.maintainer.login);
        await untilTrusted(person);
        const { exitCode, broken } = await diagnose(octogate, person);
        expect(exitCode).toBe(1);
        expect(Object.keys(broken)).toEqual(["names"]);
        expect(broken.names).toContain(`#${personOf(octogate.maintainer)}: its own default`);
        expect(broken.names).toContain("--oidc-username-prefix=github:");
      } finally {
        await controlPlane.stop();
      }
    },
  );

  test("finds the name in a refusal, and compares it", needs("no kubectl auth whoami"), async () => {
    const controlPlane = await startByFlags(["--oidc-username-prefix=github:", "--oidc-groups-prefix=github:"]);
    try {
      const person = await personWhoSignsIn(octogate, controlPlane, octogate.maintainer.login);
      await untilTrusted(person);
      const { exitCode, seen } = await diagnose(octogate, person);
      expect(exitCode).toBe(0);
      expect(seen.whoami).toBe(`github:${personOf(octogate.maintainer)}, by a refusal: this release tells no groups`);
      expect(seen.names).toBe("the username is that of the token and the policy, behind github:");
    } finally {
      await controlPlane.stop();
    }
  });
});

/** A kube-apiserver that trusts the sign-in hostname by flags. */
function startByFlags(more: readonly string[]): Promise<ControlPlane> {
  const flags = [
    `--oidc-issuer-url=https://localhost:${octogate.edge().signInPort}`,
    `--oidc-client-id=${clusterName}`,
    "--oidc-username-claim=username",
    "--oidc-groups-claim=groups",
    `--oidc-ca-file=${join(octogate.stateDir, "ca.crt")}`,
  ];
  return startControlPlane(octogate.webhookKubeconfig, { flags: [...flags, ...more] });
}
