// The KV namespace, under the name that wrangler would give it.
// wrangler would make one by itself with the first deployment, but not say its id. A deployment from another clone and
// teardown need the id, so it is made here and its id is written into wrangler.toml.
import { askCloudflare, type CloudflareClient, isStatus, permissions } from "./api.ts";

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
    const namespaces: KvNamespace[] = [];
    for await (const { id, title } of client.kv.namespaces.list({ account_id: accountId, per_page: 100 })) {
      namespaces.push({ id, title });
    }
    return namespaces;
  });
}

export async function createKvNamespace(
  client: CloudflareClient,
  accountId: string,
  title: string,
): Promise<KvNamespace> {
  const { id } = await askCloudflare("making the KV namespace", permissions.kv, () =>
    client.kv.namespaces.create({ account_id: accountId, title }),
  );
  return { id, title };
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
