// OAuth scopes of classic and OAuth tokens, and which of them contain which others
// (GitHub docs, "Scopes for OAuth apps"). GitHub lists only the outermost in X-OAuth-Scopes.

const contained: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    repo: ["repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"],
    "admin:repo_hook": ["write:repo_hook"],
    "write:repo_hook": ["read:repo_hook"],
    "admin:org": ["write:org", "manage_runners:org"],
    "write:org": ["read:org"],
    "admin:public_key": ["write:public_key"],
    "write:public_key": ["read:public_key"],
    user: ["read:user", "user:email", "user:follow"],
    project: ["read:project"],
    "write:packages": ["read:packages"],
    "admin:gpg_key": ["write:gpg_key"],
    "write:gpg_key": ["read:gpg_key"],
    "admin:ssh_signing_key": ["write:ssh_signing_key"],
    "write:ssh_signing_key": ["read:ssh_signing_key"],
    "write:discussion": ["read:discussion"],
    codespace: ["codespace:secrets"],
    audit_log: ["read:audit_log"],
    "admin:enterprise": [
      "manage_runners:enterprise",
      "manage_billing:enterprise",
      "read:enterprise",
      "scim:enterprise",
    ],
    "write:network_configurations": ["read:network_configurations"],
    copilot: ["manage_billing:copilot"],
  }),
);

/**
 * @param header the value of X-OAuth-Scopes: names with commas between them, empty for a token without scopes
 * @returns null where there is no header: the token's kind has no scopes
 */
export function parseScopes(header: string | null): string[] | null {
  if (header === null) return null;
  return header
    .split(",")
    .map((scope) => scope.trim())
    .filter((scope) => scope !== "");
}

/** @returns the scopes together with all that they contain */
export function expandScopes(scopes: readonly string[]): ReadonlySet<string> {
  const expanded = new Set<string>();
  const add = (scope: string) => {
    if (expanded.has(scope)) return;
    expanded.add(scope);
    for (const inner of contained.get(scope) ?? []) add(inner);
  };
  scopes.forEach(add);
  return expanded;
}
