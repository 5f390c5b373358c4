// Carries out a step of a rotation: the table and the new keys go up in one version, and the published key set shows
// it.
import { isDeepStrictEqual } from "node:util";
import type { SigningKeySlot } from "../../../worker/config/sign-in.ts";
import { type SigningKeysTable, signingKeySecret, signingKeySlots } from "../../../worker/config/signing-keys.ts";
import { listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { lookAgain } from "../../cloudflare/patience.ts";
import { type CommandResult, type Context, cliError, type Diagnostic, error, warning } from "../../command.ts";
import { asDeployment } from "../../config-file/clusters.ts";
import { saveConfigFile } from "../../config-file/file.ts";
import { writeSigningKeys } from "../../config-file/signing-keys.ts";
import { type KeySet, keySetPath, readKeySet } from "../../deployment/key-set.ts";
import { newSigningKey } from "../../deployment/signing-key.ts";
import { deployIfNeeded } from "../../deployment/state.ts";
import type { EdgeOptions } from "../../deployment/verify.ts";
import { askForConsent, type ChangeOptions } from "../../options.ts";
import type { Step } from "./plan.ts";
import { type KeySession, kidsBySlot } from "./session.ts";

export type Outcome =
  | { readonly kind: "stopped"; readonly result: CommandResult }
  | {
      readonly kind: "done";
      readonly table: SigningKeysTable;
      readonly newKeys: readonly SigningKeySlot[];
      readonly changes: readonly string[];
      readonly diagnostics: readonly Diagnostic[];
    };

type GoStep = Step & { readonly kind: "go" };

/**
 * @param opened what the step was planned from
 * @param changes what the step does, for people
 * @throws CliError where the step may not be done, or stops half-way
 */
export async function carryOut(
  opened: KeySession,
  step: Step,
  changes: (step: GoStep) => readonly string[],
  options: EdgeOptions & ChangeOptions,
  context: Context,
): Promise<Outcome> {
  const { session, deployedTable, otherChanges } = opened;
  const { deployment, client, zone } = session;
  const subject = `${deployment.path}: SIGNING_KEYS`;
  if (step.kind === "refused") throw cliError(subject, step.message, step.hint);
  const { table, newKeys } = step;
  const inUse = signingKeySlots.filter((slot) => slot === table.signs || table.published[slot] !== undefined);
  const text = writeSigningKeys(deployment, table, inUse.map(signingKeySecret));
  const listed = [
    ...changes(step),
    `write [vars.SIGNING_KEYS] into ${deployment.path}, and deploy`,
    ...(otherChanges.length === 0 ? [] : [`deploy with it what is not deployed yet: ${otherChanges.join(", ")}`]),
  ];
  const consent = await askForConsent(context, listed, options);
  if (consent.kind === "stop") return { kind: "stopped", result: consent.result };

  const keys = new Map(newKeys.map((slot) => [slot, newSigningKey()]));
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, {
    certificates: await listClientCertificates(client, zone),
    secrets: Object.fromEntries([...keys].map(([slot, { privateKey }]) => [signingKeySecret(slot), privateKey])),
    lookOnceMore: (deployed) => {
      if (isDeepStrictEqual(deployed?.variables.SIGNING_KEYS, deployedTable)) return;
      throw cliError(
        subject,
        "was changed from another clone meanwhile",
        "bring the file up to date, and look with octogate signing-key status",
      );
    },
  });
  const kidOf = (slot: SigningKeySlot) => keys.get(slot)?.kid ?? kidsBySlot(opened)[slot] ?? null;
  const wanted = inUse.map(kidOf).filter((kid) => kid !== null);
  const unwanted = Object.values(kidsBySlot(opened)).filter((kid) => !wanted.includes(kid));
  const diagnostics = await watchKeySet(opened, { wanted, unwanted }, options, context);
  return { kind: "done", table, newKeys, changes: listed, diagnostics };
}

/** @returns what to say where the published key set does not become what was deployed */
async function watchKeySet(
  { endpoint, keySet: before }: KeySession,
  { wanted, unwanted }: { readonly wanted: readonly string[]; readonly unwanted: readonly string[] },
  { wait }: EdgeOptions,
  context: Context,
): Promise<readonly Diagnostic[]> {
  const look = () => readKeySet(endpoint);
  const isThere = ({ kids }: KeySet) =>
    kids !== null && wanted.every((kid) => kids.includes(kid)) && !unwanted.some((kid) => kids.includes(kid));
  const found = await lookAgain(context, {
    found: await look(),
    look,
    isThere,
    until: () => `${endpoint.hostname} publishes what was deployed`,
    maxMs: wait * 1000,
  });
  if (isThere(found)) return [];
  const address = `https://${endpoint.hostname}${keySetPath}`;
  const message = `${found.seen}: it does not show what was deployed`;
  const hint = "octogate signing-key status looks again; octogate check says what is wrong with the settings";
  // Where it showed nothing before, the sign-in is not set up as a whole yet.
  return [before.kids === null ? warning(address, message, hint) : error(address, message, hint)];
}
