// What `npm start` prints once everything answers: where things are, whom to try, and a command to begin with. No line
// of it begins with "{": such lines are decisions.
import { columns } from "../node/columns.ts";
import { webhookUrl } from "../node/kubeconfig.ts";
import { tokenReviewBody } from "../node/token-review.ts";
import type { SampleUser } from "./github/sample-users.ts";
import type { StateFolder } from "./state-folder.ts";

export interface Greeting {
  readonly port: number;
  readonly githubUrl: string;
  readonly folder: StateFolder;
  readonly clusterNames: readonly string[];
  /** Empty where a real GitHub is used. */
  readonly cast: readonly SampleUser[];
}

/** Programs wait for this line. */
const readyLine = "octogate is ready";

/** @returns the hostname with the port of the local edge */
export const localAddress = (port: number): string => `127.0.0.1:${port}`;

/** @returns several lines, without a last line end */
export function greetingText({ port, githubUrl, folder, clusterNames, cast }: Greeting): string {
  const addresses: [string, string][] = [
    ["webhook", `${webhookUrl(localAddress(port))} (where a kube-apiserver sends tokens)`],
    ["GitHub", cast.length > 0 ? `${githubUrl} (a stand-in on this machine)` : githubUrl],
    ["state", `${folder.path} (certificates, and what is remembered)`],
    ...clusterNames.map((name): [string, string] => [
      `cluster ${name}`,
      `${folder.kubeconfig(name)} (for --authentication-token-webhook-config-file)`,
    ]),
  ];
  const [firstCluster = ""] = clusterNames;
  return [
    ...columns(addresses),
    "",
    ...(cast.length > 0 ? castText(cast) : []),
    cast.length > 0
      ? "Try one in another terminal, as a kube-apiserver would:"
      : "Try it in another terminal, as a kube-apiserver would, with a token of yours in GITHUB_TOKEN:",
    "",
    curlCommand(port, folder, firstCluster, cast[0]?.token),
    "",
    "With kubectl and a kube-apiserver on this machine: docs/try-with-kubectl.md.",
    "Here, each decision follows as a line of JSON. Ctrl-C ends it.",
    "",
    readyLine,
  ].join("\n");
}

function castText(cast: readonly SampleUser[]): string[] {
  const people = cast.flatMap(({ name, shows, token }): [string, string][] => [
    [name, token],
    ["", shows],
  ]);
  return ["Tokens, made for this run, and what each one shows:", "", ...columns(people), ""];
}

function curlCommand(port: number, folder: StateFolder, clusterName: string, token: string | undefined): string {
  const client = folder.client(clusterName);
  // Without a cast the shell fills in the token: it closes the quotes, reads the variable and opens them again.
  const shownToken = token ?? `'"$GITHUB_TOKEN"'`;
  const review = tokenReviewBody("TOKEN").replace("TOKEN", () => shownToken);
  return [
    `curl --silent --show-error --noproxy 127.0.0.1 ${webhookUrl(localAddress(port))}`,
    `  --cacert ${quoted(folder.authority.certificate)}`,
    `  --cert ${quoted(client.certificate)} --key ${quoted(client.privateKey)}`,
    "  --header 'Content-Type: application/json'",
    // The answer ends without a line end; the shell's prompt would stick to it.
    `  --data '${review}' --write-out '\\n'`,
  ].join(" \\\n");
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9/._-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
