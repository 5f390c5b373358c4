// What GitHub says about the app that people sign in with, as far as it says so without a person: whether there is one,
// and whether it has the device flow.
import { readConfig } from "../../../worker/config/config.ts";
import type { OpenIdClient } from "../../../worker/config/sign-in.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import { createGitHubSignIn, type GitHubDeviceAnswer } from "../../../worker/sign-in/github-sign-in.ts";
import { type Context, type Diagnostic, warning } from "../../command.ts";
import { withStandIns } from "../../config-file/check/stand-in-secrets.ts";
import { type ConfigFile, errorAt, warningAt } from "../../config-file/file.ts";

/**
 * Asks GitHub for a device code, which no person enters. GitHub gets the client id and nothing else. Nothing is asked
 * where the settings of the sign-in are wrong: the check says what is.
 */
export async function askAboutApp(file: ConfigFile, { fetch, now }: Context): Promise<Diagnostic[]> {
  const { signIn, clients } = readConfig(withStandIns(file.settings));
  if (signIn === null)
    return [warning("--ask-github", "GitHub was not asked: there is nothing that people sign in to")];
  if (!signIn.ok) return [];
  const writeWarning = () => {};
  const client = createGitHubClient({ fetch, writeWarning });
  const gitHub = createGitHubSignIn({ settings: signIn.value, restUrl: "", client, now, writeWarning });
  return diagnose(await gitHub.startDevice(), signIn.value.githubWebUrl, file, clients);
}

function diagnose(
  answer: GitHubDeviceAnswer,
  githubWebUrl: string,
  file: ConfigFile,
  clients: readonly OpenIdClient[],
): Diagnostic[] {
  const path = ["vars", "GITHUB_CLIENT_ID"];
  const flows = clients.filter(({ deviceFlow }) => deviceFlow);
  switch (answer.kind) {
    case "started": {
      if (flows.length > 0) return [];
      const message =
        "this app has the device flow on, which no client here uses: an attacker can have a person enter a code for it";
      return [warningAt(file, path, message, "turn Enable Device Flow off in the app's settings at GitHub")];
    }
    case "misconfigured":
      if (answer.error === "device_flow_disabled") {
        const hint = "turn Enable Device Flow on in the app's settings at GitHub";
        return flows.map(({ variable }) =>
          errorAt(file, ["vars", variable, "device_flow"], "GitHub's app has no device flow", hint),
        );
      }
      if (answer.error === "unknown_client") {
        const hint = "write the client id, as the app's settings at GitHub show it, and not the app's number or name";
        return [errorAt(file, path, `${githubWebUrl} knows no such app`, hint)];
      }
      return [errorAt(file, path, `${githubWebUrl} answers ${answer.error}`, "look at the app's settings at GitHub")];
    case "unavailable":
      return [warningAt(file, path, `${githubWebUrl} gave no answer about this app`, "run this again later")];
  }
}
