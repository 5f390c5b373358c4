// The hostnames at which Cloudflare asks for a client certificate of the managed authority. A call replaces the whole
// list, and reads show for a while what was there before. So after a change the list is read until it shows the change:
// what another program wrote a moment earlier comes to light in this time, and is put back. The API has no versions:
// what another program writes between our last look and our own write is lost unnoticed. So the look comes just before
// each write, and both lists are shown to the operator.
import { cliError } from "../command.ts";
import { askCloudflare, type CloudflareClient, nullOn, permissions } from "./api.ts";
import { type Clock, lookAgain } from "./patience.ts";
import type { Zone } from "./zone.ts";

export async function readAssociatedHostnames(client: CloudflareClient, zone: Zone): Promise<readonly string[]> {
  const answer = await askCloudflare("reading the hostname associations", permissions.clientCertificates, () =>
    client.certificateAuthorities.hostnameAssociations.get({ zone_id: zone.id }),
  );
  // Null where there are none: the SDK's type says otherwise of the answer as a whole.
  return answer?.hostnames ?? [];
}

/** @throws CliError if Cloudflare does not show the change in time */
export async function associateHostname(
  client: CloudflareClient,
  zone: Zone,
  hostname: string,
  clock: Clock,
): Promise<void> {
  const add = (hostnames: readonly string[]) => (hostnames.includes(hostname) ? hostnames : [...hostnames, hostname]);
  await changeList(client, zone, add, clock);
}

/**
 * Leaves every other hostname where it is. A hostname that is not there is looked for a while: it may have been added a
 * moment before this command.
 *
 * @param since when it was added at the latest, in milliseconds
 * @throws CliError if Cloudflare does not show the change in time
 */
export async function dissociateHostname(
  client: CloudflareClient,
  zone: Zone,
  hostname: string,
  clock: Clock,
  since: number,
): Promise<void> {
  await lookAgain(clock, {
    found: await readAssociatedHostnames(client, zone),
    look: () => readAssociatedHostnames(client, zone),
    isThere: (hostnames) => hostnames.includes(hostname),
    until: () => `it is certain that no earlier command has added ${hostname} to the hostname associations`,
    since,
  });
  await changeList(client, zone, (hostnames) => hostnames.filter((other) => other !== hostname), clock);
}

/** Short, so that a list is seen that was there for a moment only. */
const maxPauseMs = 1_000;

/** So often another program may change the list in between, or Cloudflare may ask to wait. */
const maxRounds = 4;

const busyPauseMs = 2_000;

/** What Cloudflare answers where it has not done it, and would later. */
const busyStatuses: readonly number[] = [429, 503];

/** @param change from a list to the wanted one; the list itself where nothing is to be changed */
async function changeList(
  client: CloudflareClient,
  zone: Zone,
  change: (hostnames: readonly string[]) => readonly string[],
  clock: Clock,
): Promise<void> {
  const ours = new Set<string>();
  let others = await readAssociatedHostnames(client, zone);
  for (let round = 0; round < maxRounds; round += 1) {
    const wanted = change(others);
    if (ours.size === 0 && textOf(wanted) === textOf(others)) return;
    if (ours.size > 0)
      clock.terminal.note("  another program changed the hostname associations meanwhile: that is kept");
    if (!(await replace(client, zone, wanted, round === maxRounds - 1))) {
      await clock.sleep(busyPauseMs * 2 ** round);
      others = await readAssociatedHostnames(client, zone);
      continue;
    }
    clock.terminal.note(`  hostname associations of ${zone.name}: ${shown(wanted)}; before: ${shown(others)}`);
    ours.add(textOf(wanted));
    const look = async () => {
      const hostnames = await readAssociatedHostnames(client, zone);
      if (!ours.has(textOf(hostnames))) others = hostnames;
      return hostnames;
    };
    const isThere = (hostnames: readonly string[]) => textOf(hostnames) === textOf(wanted);
    const until = () => "Cloudflare's list of hostname associations shows the change";
    const seen = await lookAgain(clock, { found: await look(), look, isThere, until, maxPauseMs });
    if (isThere(seen) && textOf(change(others)) === textOf(wanted)) return;
  }
  throw cliError(
    `Cloudflare, hostname associations of ${zone.name}`,
    "the list does not show the change, or another program changes it at the same time",
    "run the command again in some minutes: it goes on from where it stopped",
  );
}

/** Lists are compared as sets: Cloudflare promises no order. */
function textOf(hostnames: readonly string[]): string {
  return [...new Set(hostnames)].sort().join(" ");
}

function shown(hostnames: readonly string[]): string {
  return hostnames.length === 0 ? "none" : hostnames.toSorted().join(", ");
}

/**
 * Sent once: the SDK would send the same list a second time, and replace what another program has written since.
 *
 * @returns false where Cloudflare is too busy: the list has to be read again
 */
function replace(
  client: CloudflareClient,
  zone: Zone,
  hostnames: readonly string[],
  isLastTime: boolean,
): Promise<boolean> {
  const { hostnameAssociations } = client.certificateAuthorities;
  const parameters = { zone_id: zone.id, hostnames: [...hostnames] };
  return askCloudflare("writing the hostname associations", permissions.clientCertificates, async () => {
    const refused = isLastTime ? [] : busyStatuses;
    return (await nullOn(refused, () => hostnameAssociations.update(parameters, { maxRetries: 0 }))) !== null;
  });
}
