// Sentences in which GitHub says why it refuses: each as it was recorded in public.

/** @param login the organisation with the IP allow list that this machine's address is not on */
export function ipAllowList(login: string): string {
  return (
    `Although you appear to have the correct authorization credentials, the \`${login}\` organization has an IP allow ` +
    "list enabled, and your IP address is not permitted to access this resource."
  );
}

export function appRestrictions(login: string): string {
  return (
    `Although you appear to have the correct authorization credentials, the \`${login}\` organization has enabled ` +
    "OAuth App access restrictions, meaning that data access to third-parties is limited. For more information on " +
    "these restrictions, including how to enable this app, visit " +
    "https://docs.github.com/articles/restricting-access-to-your-organization-s-data/"
  );
}

export function forbidsClassic(login: string): string {
  return (
    `\`${login}\` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a ` +
    "personal access token with fine-grained permissions."
  );
}

/** @param name an organisation's login or an enterprise's name, which may have blanks */
export function tokenLifetime(owner: "organization" | "enterprise", name: string): string {
  return (
    `The '${name}' ${owner} forbids access via a fine-grained personal access tokens if the token's lifetime is ` +
    "greater than 366 days. Please adjust your token's lifetime at the following URL: " +
    "https://github.com/settings/personal-access-tokens/4711"
  );
}

export function twoFactor(login: string): string {
  return `The ${login} organization requires all members to have two-factor authentication enabled.`;
}

/** @param token how GitHub calls this kind of token */
export function sso(token: string): string {
  return `Resource protected by organization SAML enforcement. You must grant your ${token} access to this organization.`;
}

/** @param versions those that there are, the oldest first */
export function apiVersion(asked: string, versions: readonly string[]): string {
  const [latest, ...older] = versions.map((version) => `"${version}"`).reverse();
  const supported = [`${latest} (most recent)`, ...older].join(", ");
  return (
    `Bad Request: The version you specified in the "X-GitHub-API-Version" request header, "${asked}", is not a ` +
    `supported version. The following versions are currently supported: ${supported}.`
  );
}

export function addressLimit(address: string): string {
  return (
    `API rate limit exceeded for ${address}. (But here's the good news: Authenticated requests get a higher rate ` +
    "limit. Check out the documentation for more details.)"
  );
}
