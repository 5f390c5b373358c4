// What the commands for the signing key begin with: the table as it is deployed, and the published key set.

import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { Endpoint } from "../../../node/https.ts";
import type { SigningKeySlot } from "../../../worker/config/sign-in.ts";
import { signingKeySecret, signingKeySlots } from "../../../worker/config/signing-keys.ts";
import type { DeployedWorker } from "../../cloudflare/worker-script.ts";
import { type Context, cliError } from "../../command.ts";
import { newestTime, readSigningKeys } from "../../config-file/signing-keys.ts";
import { type KeySet, keySetPath, readKeySet } from "../../deployment/key-set.ts";
import {
  differingVariables,
  openSession,
  readDeployed,
  refuseOlderKeys,
  refuseToLockOut,
  type Session,
} from "../../deployment/state.ts";
import { type EdgeOptions, endpointFor } from "../../deployment/verify.ts";
import { type DeployedKeys, type KeyState, stateOf } from "./plan.ts";

export interface KeySession {
  readonly session: Session;
  /** The address of the key set. */
  readonly endpoint: Endpoint;
  readonly keys: DeployedKeys;
  readonly keySet: KeySet;
  /** The table as Cloudflare has it. */
  readonly deployedTable: unknown;
  /** A step stopped before it was deployed, or a person changed the table by hand. */
  readonly isFileAhead: boolean;
  /** Variables besides the table that a deployment changes as well. */
  readonly otherChanges: readonly string[];
}

const issuerSchema = v.pipe(v.string(), v.url());

/**
 * @throws CliError if this is no clone, nothing is deployed or no sign-in is set up, or the file is older than what is
 *   deployed
 */
export async function openKeySession(
  options: EdgeOptions & { readonly config: string },
  context: Context,
): Promise<KeySession> {
  const session = await openSession(options.config, context);
  const { deployment, client, zone } = session;
  const { vars } = deployment.settings;
  const issuer = v.safeParse(issuerSchema, vars.ISSUER_URL);
  if (!issuer.success) {
    throw cliError(
      `${deployment.path}: ISSUER_URL`,
      "is missing: no person can sign in here",
      "docs/configuration.md says what signing in needs",
    );
  }
  const deployed = await readDeployed(client, zone.accountId, deployment.workerName, context);
  if (deployed === null) throw cliError(deployment.workerName, "is not deployed yet", "run octogate setup first");
  refuseToLockOut(deployment, deployed);
  refuseOlderKeys(deployment, deployed);
  const deployedTable = deployed.variables.SIGNING_KEYS;
  const table = readSigningKeys(deployedTable);
  const inFile = readSigningKeys(vars.SIGNING_KEYS);
  const endpoint = await endpointFor(new URL(issuer.output).hostname, options, context);
  return {
    session,
    endpoint,
    keys: { table, slots: slotsIn(deployed) },
    keySet: await readKeySet(endpoint),
    deployedTable,
    isFileAhead: newestTime(inFile) > newestTime(table) || !isDeepStrictEqual(inFile, table),
    otherChanges: differingVariables(deployment, deployed).filter((name) => name !== "SIGNING_KEYS"),
  };
}

function slotsIn({ secrets }: DeployedWorker): SigningKeySlot[] {
  return signingKeySlots.filter((slot) => secrets.includes(signingKeySecret(slot)));
}

/** The Worker publishes the withdrawn keys first, then slot a, then slot b. */
export function kidsBySlot({
  keys,
  keySet,
}: Pick<KeySession, "keys" | "keySet">): Partial<Record<SigningKeySlot, string>> {
  const state = stateOf(keys);
  const slots = slotsInUse(state);
  const withdrawn = (keys.table?.withdrawn ?? []).map(({ kid }) => kid);
  const rest = (keySet.kids ?? []).filter((kid) => !withdrawn.includes(kid));
  if (rest.length !== slots.length) return {};
  return Object.fromEntries(slots.map((slot, index) => [slot, rest[index]]));
}

/**
 * @returns whether the Worker publishes fewer keys than the table has in use: it leaves out one that is wrong and does
 *   not sign
 */
export function isLeftOut(opened: Pick<KeySession, "keys" | "keySet">, slot: SigningKeySlot): boolean {
  const state = stateOf(opened.keys);
  if (opened.keySet.kids === null || (state.kind !== "next" && state.kind !== "earlier")) return false;
  return slot === state.other && kidsBySlot(opened)[slot] === undefined;
}

function slotsInUse(state: KeyState): readonly SigningKeySlot[] {
  switch (state.kind) {
    case "none":
    case "undecided":
      return [];
    case "one":
      return [state.signs];
    case "next":
    case "earlier":
      return signingKeySlots;
  }
}

/** A step by a wrong clock would come too early, or keep every later one waiting. */
const maxClockDifferenceMs = 60_000;

/**
 * The sign-in hostname says what time it is.
 *
 * @throws CliError where this machine's clock says something else, or the hostname does not answer
 */
export function refuseWrongClock({ endpoint, keySet }: KeySession, { now }: Context): void {
  const { answeredAt, seen } = keySet;
  const address = `https://${endpoint.hostname}${keySetPath}`;
  if (answeredAt === null)
    throw cliError(address, seen, "a step needs to see the published keys; --connect names another address");
  const differenceMs = now() - answeredAt;
  if (Math.abs(differenceMs) <= maxClockDifferenceMs) return;
  const seconds = Math.round(Math.abs(differenceMs) / 1000);
  throw cliError(
    "clock",
    `this machine's is ${seconds} s ${differenceMs > 0 ? "ahead of" : "behind"} ${endpoint.hostname}'s`,
    "set it first",
  );
}
