// `octogate cache-secret rotate`: a new CACHE_SECRET. It seals what people carry (sessions, refresh tokens) and what KV
// holds. Cloudflare never gives the earlier one back, so an operator who kept it hands it in.
import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import { decodeSecret } from "../../worker/config/values.ts";
import { listClientCertificates } from "../cloudflare/client-certificates.ts";
import { type CommandMaker, type CommandResult, type Context, cliError, done } from "../command.ts";
import { timeText } from "../config-file/signing-keys.ts";
import {
  deployIfNeeded,
  differingVariables,
  newCacheSecret,
  openSession,
  readDeployed,
  refuseToLockOut,
} from "../deployment/state.ts";
import { addOptions, askForConsent, type ChangeOptions, changeOptions, examples } from "../options.ts";

interface RotateOptions extends ChangeOptions {
  readonly previousFromStdin: boolean;
  readonly leaked: boolean;
}

/** How long a session or a refresh token lives: what GitHub gives a user's token of an app. */
export const longestSessionSeconds = 8 * 3600;

export const cacheSecretCommand: CommandMaker = (context, run) =>
  new Command("cache-secret")
    .description("rotates the secret that seals what people carry and what KV holds")
    .addCommand(rotateCommand(context, run));

const rotateCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("rotate"),
    new Option("--previous-from-stdin", "read the present CACHE_SECRET from stdin, so that sessions go on").default(
      false,
    ),
    new Option("--leaked", "the present one is known to others: nothing that it sealed is accepted any more")
      .default(false)
      .conflicts("previousFromStdin"),
    ...changeOptions(),
  )
    .description("makes a new CACHE_SECRET, with or without the earlier one beside it")
    .addHelpText(
      "after",
      examples("cache-secret rotate --previous-from-stdin --yes < cache-secret.txt", "cache-secret rotate --leaked"),
    )
    .action((options: RotateOptions) => run(() => rotate(options, context)));

async function rotate(options: RotateOptions, context: Context): Promise<CommandResult> {
  const previous = options.previousFromStdin ? await readPrevious(context) : null;
  const session = await openSession(options.config, context);
  const { deployment, client, zone } = session;
  const deployed = await readDeployed(client, zone.accountId, deployment.workerName, context);
  if (deployed === null) throw cliError(deployment.workerName, "is not deployed yet", "run octogate setup first");
  refuseToLockOut(deployment, deployed);
  const goesOnUntil = previous === null ? null : timeText(context.now() + longestSessionSeconds * 1000);
  const hadPrevious = deployed.secrets.includes(previousName);
  const others = differingVariables(deployment, deployed);
  const changes = [
    "make a new CACHE_SECRET, and deploy",
    goesOnUntil === null
      ? "end every browser session and refresh token: people sign in anew, by a click"
      : `accept until ${goesOnUntil} what the earlier one sealed: sessions and refresh tokens go on`,
    ...(previous === null && hadPrevious ? ["drop CACHE_SECRET_PREVIOUS, be it over or not"] : []),
    "begin with an empty KV: each token costs a call to GitHub, and an outage now would find no facts",
    ...(others.length === 0 ? [] : [`deploy with it what is not deployed yet: ${others.join(", ")}`]),
  ];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  await deployIfNeeded(deployment, context, session, {
    certificates: await listClientCertificates(client, zone),
    secrets: {
      CACHE_SECRET: newCacheSecret(),
      ...(previous !== null
        ? { [previousName]: `${previous}@${goesOnUntil}` }
        : hadPrevious
          ? { [previousName]: nothing() }
          : {}),
    },
  });
  const lines =
    goesOnUntil === null
      ? ["There is a new CACHE_SECRET. What the earlier one sealed is of no use any more."]
      : [`There is a new CACHE_SECRET. What the earlier one sealed is accepted until ${goesOnUntil}.`];
  const advice = options.leaked
    ? [
        "Who had the earlier one could read GitHub tokens in refresh tokens and sessions: docs/operations.md says what to revoke at GitHub.",
      ]
    : [];
  return done([...lines, ...advice], { changed: true, changes, previousUntil: goesOnUntil });
}

const previousName = "CACHE_SECRET_PREVIOUS";

/** In one version with the new secret none can be deleted, but one that was refused since 1970 opens nothing. */
function nothing(): string {
  return `${randomBytes(32).toString("base64")}@${timeText(0)}`;
}

/** @throws CliError for anything but a secret, without a word of it */
async function readPrevious({ terminal }: Context): Promise<string> {
  const text = (await terminal.readInput()) ?? (await terminal.askSecret("The present CACHE_SECRET:")) ?? "";
  const secret = text.trim();
  if (decodeSecret(secret) !== null) return secret;
  throw cliError(
    "stdin",
    "holds no CACHE_SECRET: that is base64 of 32 bytes or more",
    "cache-secret rotate without --previous-from-stdin needs none",
  );
}
