// The Worker at Cloudflare, with its variables, bindings and secrets, its KV namespace and its custom domain.
// The comparison with wrangler.toml says whether something is still to be deployed.
import { askCloudflare, type CloudflareClient, hasErrorCode, listAll, nullOn, permissions } from "./api.ts";
import { type Clock, lookAgain } from "./patience.ts";

export interface DeployedWorker {
  readonly variables: Readonly<Record<string, unknown>>;
  /** The names alone: Cloudflare never shows a secret again. */
  readonly secrets: readonly string[];
  /** Numbers by binding. */
  readonly kvNamespaces: Readonly<Record<string, string>>;
}

/** @returns null if there is no Worker of this name */
export function readDeployedWorker(
  client: CloudflareClient,
  accountId: string,
  name: string,
): Promise<DeployedWorker | null> {
  const account = { account_id: accountId };
  const read = async () => {
    const { bindings = [] } = await client.workers.scripts.scriptAndVersionSettings.get(name, account);
    const variables: Record<string, unknown> = {};
    const kvNamespaces: Record<string, string> = {};
    for (const binding of bindings) {
      if (binding.type === "plain_text") variables[binding.name] = binding.text;
      if (binding.type === "json") variables[binding.name] = binding.json;
      if (binding.type === "kv_namespace") kvNamespaces[binding.name] = binding.namespace_id;
    }
    const secrets = await listAll(client.workers.scripts.secrets.list(name, account), (secret) => secret.name);
    return { variables, secrets: secrets.map((secret) => secret.name), kvNamespaces };
  };
  return askCloudflare(`reading the settings of the Worker ${name}`, permissions.workers, () => nullOn([404], read));
}

export interface CustomDomain {
  readonly id: string;
  readonly hostname: string;
  /** The Worker's name. */
  readonly service: string;
}

/** @returns the hostnames of all Workers of the account */
export function listCustomDomains(client: CloudflareClient, accountId: string): Promise<CustomDomain[]> {
  return askCloudflare("listing custom domains", permissions.workers, () =>
    listAll(client.workers.domains.list({ account_id: accountId }), ({ id }) => id),
  );
}

export async function detachCustomDomain(client: CloudflareClient, accountId: string, id: string): Promise<void> {
  await askCloudflare("detaching the custom domain", permissions.workers, () =>
    client.workers.domains.delete(id, { account_id: accountId }),
  );
}

export async function deleteWorker(client: CloudflareClient, accountId: string, name: string): Promise<void> {
  await askCloudflare(`deleting the Worker ${name}`, permissions.workers, () =>
    nullOn([404], () => client.workers.scripts.delete(name, { account_id: accountId })),
  );
}

interface KvNamespace {
  readonly id: string;
  readonly title: string;
}

/**
 * wrangler would make a namespace by itself with the first deployment, but not say its id, which a deployment from
 * another clone and teardown need.
 *
 * @returns what the namespace of this Worker is called: the name that wrangler would give it
 */
export function kvNamespaceTitle(workerName: string): string {
  return `${workerName}-kv`;
}

export function listKvNamespaces(client: CloudflareClient, accountId: string): Promise<KvNamespace[]> {
  return askCloudflare("listing KV namespaces", permissions.kv, () =>
    listAll(client.kv.namespaces.list({ account_id: accountId, per_page: 100 }), ({ id }) => id),
  );
}

/**
 * Finds one that wrangler.toml names.
 *
 * @param since when it was made at the latest, in milliseconds
 * @returns null where the account has none with this id
 */
export function findKvNamespace(
  client: CloudflareClient,
  accountId: string,
  { id, since }: { readonly id: string; readonly since: number },
  clock: Clock,
): Promise<KvNamespace | null> {
  return lookForKvNamespace(client, accountId, (one) => one.id === id, clock, since);
}

/** "a namespace with this account ID and title already exists": wrangler goes by the same code. */
const titleIsTaken = 10014;

/** Makes it, or finds it where an earlier command made it and the list did not show it yet. */
export function createKvNamespace(
  client: CloudflareClient,
  accountId: string,
  title: string,
  clock: Clock,
): Promise<KvNamespace> {
  return askCloudflare("making the KV namespace", permissions.kv, async () => {
    try {
      return await client.kv.namespaces.create({ account_id: accountId, title });
    } catch (error) {
      if (!hasErrorCode(error, titleIsTaken)) throw error;
      const found = await lookForKvNamespace(client, accountId, (one) => one.title === title, clock);
      if (found === null) throw error;
      return found;
    }
  });
}

/** Looks for a while: the list may lag. */
async function lookForKvNamespace(
  client: CloudflareClient,
  accountId: string,
  isIt: (namespace: KvNamespace) => boolean,
  clock: Clock,
  since = clock.now(),
): Promise<KvNamespace | null> {
  const look = async () => (await listKvNamespaces(client, accountId)).find(isIt) ?? null;
  return lookAgain(clock, {
    found: await look(),
    look,
    isThere: (namespace) => namespace !== null,
    until: () => "Cloudflare lists the KV namespace, which may have been made a moment ago",
    since,
  });
}

/** Deletes it with everything in it; one that is gone already is as good. */
export async function deleteKvNamespace(client: CloudflareClient, accountId: string, id: string): Promise<void> {
  await askCloudflare("deleting the KV namespace", permissions.kv, () =>
    nullOn([404], () => client.kv.namespaces.delete(id, { account_id: accountId })),
  );
}
