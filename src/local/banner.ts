// Banner of `npm start`: where things are, which sample users there are, and a command to begin with. Its lines fit 80
// columns where the paths do. No line of it begins with "{": such lines are decisions.
import { columns } from "../node/columns.ts";
import { webhookUrl } from "../node/kubeconfig.ts";
import type { SampleUser } from "./github/sample-users.ts";
import type { StateFolder } from "./state-folder.ts";

export interface Banner {
  readonly port: number;
  readonly githubUrl: string;
  readonly folder: StateFolder;
  readonly clusterNames: readonly string[];
  /** Empty where another GitHub is used. */
  readonly sampleUsers: readonly UserLine[];
  /** Null where no cluster signs people in. */
  readonly signIn: SignInPlaces | null;
  /** Whether this terminal is on another machine, by ssh: a browser needs a way to these ports then. */
  readonly isRemote: boolean;
}

export interface SignInPlaces {
  readonly issuerUrl: string;
  readonly clusterName: string;
  /** The sample program's page. */
  readonly programUrl: string;
  /** The stand-in's pages; null where people sign in at another GitHub. */
  readonly githubWebUrl: string | null;
}

type UserLine = Pick<SampleUser, "name" | "shows">;

/** Programs wait for this line. */
const readyLine = "octogate is ready";

const maxColumns = 80;

/** @returns the hostname with the port of the local edge */
export const localAddress = (port: number): string => `127.0.0.1:${port}`;

/** @returns several lines, without a last line end */
export function bannerText({ port, githubUrl, folder, clusterNames, sampleUsers, signIn, isRemote }: Banner): string {
  const hasUsers = sampleUsers.length > 0;
  const places = [
    ["webhook", webhookUrl(localAddress(port))],
    ...(signIn === null ? [] : [["sign-in", signIn.issuerUrl]]),
    ["GitHub", hasUsers ? `${githubUrl} (a stand-in on this machine)` : githubUrl],
    ["state", folder.path],
    ...clusterNames.flatMap((name) => [
      [`cluster ${name}`, folder.webhookKubeconfig(name)],
      ["", "for --authentication-token-webhook-config-file"],
      ...(signIn?.clusterName === name
        ? [
            ["", folder.authenticationConfiguration(name)],
            ["", "for --authentication-config"],
            ["", folder.signInKubeconfig(name)],
            ["", "for kubectl with kubelogin"],
          ]
        : []),
    ]),
    ...(hasUsers
      ? [
          ["users", folder.userKubeconfig],
          ["", "for kubectl --user=NAME"],
          ["command", folder.configuration],
          ["", "for octogate explain --config, and doctor"],
        ]
      : []),
  ];
  const [firstCluster = ""] = clusterNames;
  const token = hasUsers ? `$(cat ${quoted(`${folder.tokens}/${sampleUsers[0]?.name}`)})` : "$GITHUB_TOKEN";
  return [
    ...columns(places),
    "",
    ...(hasUsers ? ["Sample users, and what each one shows:", "", ...userLines(sampleUsers), ""] : []),
    hasUsers
      ? "Try one of them in another terminal, as a kube-apiserver would:"
      : "Try it in another terminal, as a kube-apiserver would, with a token of yours\nin GITHUB_TOKEN:",
    "",
    curlCommand(port, folder, firstCluster, token),
    "",
    ...(signIn === null ? [] : [...signInLines(signIn, isRemote), ""]),
    ...(hasUsers ? [...jobLines(folder), ""] : []),
    "With kubectl and a kube-apiserver on this machine: docs/try-with-kubectl.md.",
    "Here, each decision follows as a line. Ctrl-C ends it.",
    "",
    readyLine,
  ].join("\n");
}

/** Where kubelogin listens for the browser. */
const kubeloginUrl = "http://localhost:8000";

/** The local edge's certificate is of an authority that no browser knows. */
function signInLines({ issuerUrl, programUrl, githubWebUrl }: SignInPlaces, isRemote: boolean): string[] {
  const urls = [issuerUrl, programUrl, kubeloginUrl, ...(githubWebUrl === null ? [] : [githubWebUrl])];
  const ports = urls.map((url) => new URL(url).port);
  return [
    "Sign in with a browser, as with kubelogin, and see what a cluster gets:",
    "",
    `  ${programUrl}`,
    "",
    `The browser will warn of the certificate of ${new URL(issuerUrl).host}, which this`,
    githubWebUrl === null
      ? 'machine made: go on by "Advanced".'
      : 'machine made: go on by "Advanced". Then choose a person at the stand-in.',
    ...(isRemote
      ? [
          "From the machine of the browser, open a way to the ports first:",
          "",
          ...ports.map((one, index) => `  ${index === 0 ? "ssh" : "   "} -L ${one}:127.0.0.1:${one} \\`),
          "      THIS-MACHINE",
        ]
      : []),
  ];
}

/** `npm run job` finds the state folder by itself only where it is the usual one. */
function jobLines({ path, isDefault }: StateFolder): string[] {
  return [
    "Run a job of a GitHub Actions workflow, and see what a cluster gets:",
    "",
    `  npm run job${isDefault ? "" : ` -- --state ${quoted(path)}`}`,
  ];
}

function userLines(users: readonly UserLine[]): string[] {
  // The indent, the longest name and the gap behind it.
  const width = maxColumns - Math.max(...users.map(({ name }) => name.length)) - 4;
  return columns(
    users.flatMap(({ name, shows }) => wrapped(shows, width).map((line, index) => [index === 0 ? name : "", line])),
  );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** @param token as the shell replaces it in a here-document */
function curlCommand(port: number, folder: StateFolder, clusterName: string, token: string): string {
  const client = folder.client(clusterName);
  return [
    "curl --silent --show-error --noproxy 127.0.0.1 \\",
    `  ${webhookUrl(localAddress(port))} \\`,
    `  --cacert ${quoted(folder.authority.certificate)} \\`,
    `  --cert ${quoted(client.certificate)} \\`,
    `  --key ${quoted(client.privateKey)} \\`,
    // The answer ends without a line end; the shell's prompt would stick to it.
    "  --header 'Content-Type: application/json' --write-out '\\n' --data @- <<REVIEW",
    '  {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec":',
    `   {"token": "${token}"}}`,
    "REVIEW",
  ].join("\n");
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9/._-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
