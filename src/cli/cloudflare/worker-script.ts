// The Worker at Cloudflare, with its variables, bindings and secrets, and the custom domain that leads to it.
// The comparison with wrangler.toml says whether something is still to be deployed.
import { askCloudflare, type CloudflareClient, isStatus, permissions, readWholeList } from "./api.ts";

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
  return askCloudflare(`reading the settings of the Worker ${name}`, permissions.workers, async () => {
    try {
      const { bindings = [] } = await client.workers.scripts.scriptAndVersionSettings.get(name, {
        account_id: accountId,
      });
      const variables: Record<string, unknown> = {};
      const kvNamespaces: Record<string, string> = {};
      for (const binding of bindings) {
        if (binding.type === "plain_text") variables[binding.name] = binding.text;
        if (binding.type === "json") variables[binding.name] = binding.json;
        if (binding.type === "kv_namespace") kvNamespaces[binding.name] = binding.namespace_id;
      }
      const list = client.workers.scripts.secrets.list(name, { account_id: accountId });
      const secrets = await readWholeList(list, (secret) => secret.name);
      return { variables, secrets: secrets.map((secret) => secret.name), kvNamespaces };
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  });
}

export interface CustomDomain {
  readonly id: string;
  readonly hostname: string;
  /** The Worker's name. */
  readonly service: string;
}

/** @returns the hostnames of all Workers of the account */
export function listCustomDomains(client: CloudflareClient, accountId: string): Promise<CustomDomain[]> {
  return askCloudflare("listing custom domains", permissions.workers, async () => {
    const domains = await readWholeList(client.workers.domains.list({ account_id: accountId }), ({ id }) => id);
    return domains.map(({ id, hostname, service }) => ({ id, hostname, service }));
  });
}

export async function detachCustomDomain(client: CloudflareClient, accountId: string, id: string): Promise<void> {
  await askCloudflare("detaching the custom domain", permissions.workers, () =>
    client.workers.domains.delete(id, { account_id: accountId }),
  );
}

export async function deleteWorker(client: CloudflareClient, accountId: string, name: string): Promise<void> {
  await askCloudflare(`deleting the Worker ${name}`, permissions.workers, async () => {
    try {
      await client.workers.scripts.delete(name, { account_id: accountId });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  });
}
