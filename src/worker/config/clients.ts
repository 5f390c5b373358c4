// The OAuth clients: clusters with sign_in, and the web applications of the tables CLIENT_….
import type { Checked, Problem } from "./checked.ts";
import { readClientTable } from "./client-table.ts";
import type { ClusterPolicy } from "./cluster.ts";
import type { SignInReading } from "./read-sign-in.ts";
import type { OpenIdClient } from "./sign-in.ts";

export interface ClientSource extends Pick<OpenIdClient, "name" | "variable" | "kind"> {
  readonly table: unknown;
  readonly policy: Checked<ClusterPolicy>;
  /** Whether a cluster and an application have this name: a token for the one would be a token for the other. */
  readonly isAmbiguous: boolean;
}

/** A client's own mistakes make its policies wrong, so that nothing is signed for it. Other clients go on. */
export function readClient(source: ClientSource, signIn: SignInReading): OpenIdClient {
  const { name, variable, kind, table, policy, isAmbiguous } = source;
  const keys = readClientTable(variable, kind, table);
  const secret = signIn.clientSecrets.get(name) ?? null;
  const problems: Problem[] = [policy, keys].flatMap((part) => (part.ok ? [] : part.problems));
  if (secret !== null && !/^[\x21-\x7e]{22,255}$/.test(secret)) {
    const message = "must be 22 to 255 printable characters without blanks, such as openssl rand -hex 32 prints";
    problems.push({ setting: `OIDC_CLIENT_SECRETS.${name}`, message });
  }
  if (isAmbiguous)
    problems.push({ setting: variable, message: "is the name of a cluster and of a client: rename one" });
  const { idTokenSeconds, ...ways } = keys.ok
    ? keys.value
    : { redirectUris: [], deviceFlow: false, exchange: false, idTokenSeconds: null };
  return {
    name,
    variable,
    kind,
    ...ways,
    idTokenSeconds: idTokenSeconds ?? signIn.idTokenSeconds,
    secret,
    ...policiesOf(policy.ok && problems.length === 0 ? policy : { ok: false, problems }, signIn),
  };
}

function policiesOf(
  policy: Checked<ClusterPolicy>,
  { settings }: SignInReading,
): Pick<OpenIdClient, "signInPolicy" | "exchangePolicy"> {
  if (!policy.ok) return { signInPolicy: policy, exchangePolicy: policy };
  const exchangePolicy: ClusterPolicy = { ...policy.value, addsPrefix: false };
  // GitHub Apps give out tokens of the kind "app", OAuth Apps of the kind "oauth".
  const signInPolicy: ClusterPolicy = {
    ...exchangePolicy,
    tokenKinds: ["app", "oauth"],
    oauthClients: settings?.ok === true ? [settings.value.githubClientId] : [],
  };
  return { signInPolicy: { ok: true, value: signInPolicy }, exchangePolicy: { ok: true, value: exchangePolicy } };
}
