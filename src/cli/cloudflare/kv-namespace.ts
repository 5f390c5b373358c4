// The KV namespace, under the name that wrangler would give it.
// wrangler would make one by itself with the first deployment, but not say its id. A deployment from another clone and
// teardown need the id, so it is made here and its id is written into wrangler.toml.
import { askCloudflare, type CloudflareClient, hasErrorCode, isStatus, permissions, readWholeList } from "./api.ts";
import { type Clock, lookAgain } from "./patience.ts";

export interface KvNamespace {
  readonly id: string;
  readonly title: string;
}

/** @returns what the namespace of this Worker is called */
export function kvNamespaceTitle(workerName: string): string {
  return `${workerName}-kv`;
}

export function listKvNamespaces(client: CloudflareClient, accountId: string): Promise<KvNamespace[]> {
  return askCloudflare("listing KV namespaces", permissions.kv, async () => {
    const list = client.kv.namespaces.list({ account_id: accountId, per_page: 100 });
    return (await readWholeList(list, ({ id }) => id)).map(({ id, title }) => ({ id, title }));
  });
}

/** @param id as wrangler.toml has it @returns null where the account has none with it, or none is named */
export async function findKvNamespace(
  client: CloudflareClient,
  accountId: string,
  id: string | null,
  clock: Clock,
): Promise<KvNamespace | null> {
  if (id === null) return null;
  const look = async () => (await listKvNamespaces(client, accountId)).find((one) => one.id === id) ?? null;
  return lookAgain(clock, {
    found: await look(),
    look,
    isThere: (namespace) => namespace !== null,
    until: () => `Cloudflare lists the KV namespace ${id}, which may have been made a moment ago`,
  });
}

/** "a namespace with this account ID and title already exists": wrangler's own handling of the code. */
const titleIsTaken = 10014;

/** Makes it, or finds it where an earlier command made it and the list did not show it yet. */
export async function createKvNamespace(
  client: CloudflareClient,
  accountId: string,
  title: string,
  clock: Clock,
): Promise<KvNamespace> {
  const named = async () => (await listKvNamespaces(client, accountId)).find((one) => one.title === title) ?? null;
  return askCloudflare("making the KV namespace", permissions.kv, async () => {
    try {
      const { id } = await client.kv.namespaces.create({ account_id: accountId, title });
      return { id, title };
    } catch (error) {
      if (!hasErrorCode(error, titleIsTaken)) throw error;
      const found = await lookAgain(clock, {
        found: await named(),
        look: named,
        isThere: (namespace) => namespace !== null,
        until: () => `Cloudflare lists the KV namespace ${title}, which is there already`,
      });
      if (found === null) throw error;
      return found;
    }
  });
}

/** Deletes it with everything in it; one that is gone already is as good. */
export async function deleteKvNamespace(client: CloudflareClient, accountId: string, id: string): Promise<void> {
  await askCloudflare("deleting the KV namespace", permissions.kv, async () => {
    try {
      await client.kv.namespaces.delete(id, { account_id: accountId });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  });
}
