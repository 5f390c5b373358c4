// The KV namespace. wrangler would make one by itself with the first deployment, but tell nobody its number: a deployment from another clone, and teardown, need
// it. So it is made here, under the name that wrangler would give it, and its number is written into wrangler.toml.
import type { CloudflareClient } from "./client.ts";
import { askCloudflare, isStatus } from "./failures.ts";
import { permissions } from "./permissions.ts";

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
