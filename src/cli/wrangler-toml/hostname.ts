// What may stand as the deployment's hostname: it goes into Cloudflare's list of hostnames and into the firewall rule's expression, which both compare letter by letter.
const hostnamePattern = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Whether this is a hostname in lower case, with two labels at least and no wildcard. */
export function isHostname(text: string): boolean {
  return hostnamePattern.test(text);
}
