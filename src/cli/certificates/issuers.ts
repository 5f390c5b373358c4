// Which authorities the firewall rule has to let in: those of the certificates that the deployment lists. There is one for the account, until Cloudflare renews it.
import type { ClientCertificate } from "../cloudflare/client-certificates.ts";
import { firewallExpression } from "../cloudflare/firewall-rule.ts";
import { StepFailure } from "../step-failure.ts";
import { listedFingerprints } from "../wrangler-toml/deployment-edits.ts";
import { issuerKeyIdentifierOf } from "./key-and-request.ts";

/**
 * @param certificates of the zone
 * @param text of the wrangler.toml
 * @param added a certificate that is about to be listed
 * @returns the rule's expression, or null while there is no certificate
 */
export async function wantedExpression(
  hostname: string,
  certificates: readonly ClientCertificate[],
  text: string,
  added: ClientCertificate | null = null,
): Promise<string | null> {
  const listed = listedFingerprints(text);
  const used = certificates.filter(({ fingerprint, status }) => listed.has(fingerprint) && status === "active");
  const issuers = await Promise.all([...used, ...(added === null ? [] : [added])].map(issuerOf));
  return issuers.length === 0 ? null : firewallExpression(hostname, issuers);
}

async function issuerOf({ certificate, fingerprint }: ClientCertificate): Promise<string> {
  const issuer = await issuerKeyIdentifierOf(certificate);
  if (issuer !== null) return issuer;
  throw new StepFailure({
    where: `client certificate ${fingerprint}`,
    message: "does not say which key signed it: no firewall rule can tell it from another authority's",
  });
}
