// A token for the person, in the way that the kubeconfig says.
import type { Context } from "../../../command.ts";
import { broken, type CheckResult, durationText, ok, printable } from "../check.ts";
import type { Found } from "./chain.ts";
import { runExecPlugin } from "./exec-plugin.ts";
import type { ExecPlugin, Person } from "./person.ts";

const kubeloginHint =
  "install kubelogin: brew install kubelogin, kubectl krew install oidc-login, or choco install kubelogin (github.com/int128/kubelogin; Azure's kubelogin is another program)";

export async function obtainToken({ user, folder, provider }: Person, context: Context): Promise<Found<string>> {
  if (user.kind === "other") {
    const hint = "name the context in which a person signs in with --context";
    return { result: broken(`the context has ${user.what}`, hint), value: null };
  }
  if (user.kind === "token") {
    if (user.token !== "") return { result: ok("a token that the kubeconfig names"), value: user.token };
    return { result: broken("there is no token", "any kubectl command in this context signs in"), value: null };
  }
  const name = provider === null ? printable(user.command) : "kubelogin";
  if (user.needsTerminal) {
    const hint = "interactiveMode: IfAvailable lets it run without one, in scripts too";
    return { result: broken(`${name} wants a terminal (interactiveMode: Always)`, hint), value: null };
  }
  const startedAt = performance.now();
  const outcome = await runExecPlugin(user, folder, context);
  switch (outcome.kind) {
    case "token": {
      const after = durationText(performance.now() - startedAt);
      return { result: ok(`${name} hands out a token, after ${after}`), value: outcome.token };
    }
    case "missing":
      return { result: missing(outcome.program, user), value: null };
    case "failed":
      return { result: broken(`${name}: ${saidAtLast(outcome.why)}`, hintAbout(outcome.why)), value: null };
  }
}

function missing(program: string, { args, installHint }: ExecPlugin): CheckResult {
  const seen = `${printable(program)} is not in PATH`;
  if (program === "kubectl") return broken(seen, "install kubectl: https://kubernetes.io/docs/tasks/tools/");
  if (args[0] === "oidc-login" || program === "kubelogin")
    return broken(`kubelogin is not installed: ${seen}`, kubeloginHint);
  return broken(seen, installHint === null ? "install it" : printable(installHint));
}

/** The sign-in hostname's own words are at most so long, after the words of each layer of kubelogin. */
const maxSaidLength = 500;

function saidAtLast(why: string): string {
  const [, said = why] =
    /^error: get-token: .*(?:authorization error from server|oauth2 error|oauth2): (.+)$/.exec(why) ?? [];
  return printable(said, maxSaidLength);
}

/** What the sign-in hostname says is in the line itself, after the codes of OAuth (RFC 6749, 4.1.2.1). */
function hintAbout(why: string): string {
  if (/\baccess_denied\b/.test(why)) {
    return "the policy does not admit this account, or GitHub hides why it should (docs/developers.md, When signing in fails)";
  }
  if (/\bkeyring\b/.test(why)) {
    return "there is no keyring here, or too little room in it for this person's groups (docs/developers.md): leave out --token-cache-storage=keyring";
  }
  if (/\btemporarily_unavailable\b/.test(why))
    return "GitHub or Octogate does not work at the moment: try again in a minute";
  if (/deadline exceeded|ended after/.test(why)) {
    return "no person signed in within three minutes; a page 404 at GitHub means that the app is for its organisation's members alone";
  }
  return "kubectl auth whoami in a terminal shows the same, and more with -v=6";
}
