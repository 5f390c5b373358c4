// `octogate doctor --kubeconfig`: from a person's side to the cluster. It signs in as kubectl would, and compares the
// names that kube-apiserver gives with those of the policy. Nothing of a token is printed.
import { proxyFor } from "../../../../node/proxy.ts";
import type { CommandResult, Context } from "../../../command.ts";
import type { CheckResult } from "../check.ts";
import { checkClock } from "../checks/network.ts";
import { checkDiscovery, checkKeys, checkSignIn, type SignInObservations } from "../checks/sign-in.ts";
import { clockErrorOf, observeSignIn } from "../observe.ts";
import { resultOf } from "../present.ts";
import { apiEndpointOf, askVersion } from "./api.ts";
import { type Chain, createChain, known } from "./chain.ts";
import { obtainToken } from "./credential.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { checkIdToken, isJwt } from "./id-token.ts";
import { checkKubernetes } from "./kubernetes.ts";
import { lookAsTokenUser, lookAsWebhookUser } from "./names.ts";
import { checkPerson, type Person, type PersonProvider } from "./person.ts";

export interface ClusterOptions {
  readonly cluster: string;
  readonly config: string;
  /** A person's. */
  readonly kubeconfig: string;
  readonly context?: string;
  /** Seconds, for each step but the person's own. */
  readonly timeout: number;
}

export async function examineCluster(options: ClusterOptions, context: Context): Promise<CommandResult> {
  const { cluster } = options;
  const chain = createChain();
  const deployment = await chain.check("configuration", [], () => readDeployment(options, context));
  const person = await chain.check("kubeconfig", [], () => checkPerson(options, deployment, context));
  const named = person?.provider ?? null;
  const seenBefore = named === null ? null : await lookAtProvider(chain, named, options, context);
  const api = await chain.check("kube-apiserver", ["kubeconfig"], () => lookAtCluster(known(person), options, context));
  const token = await chain.check("credential", ["kubeconfig", "sign-in", "discovery"], () =>
    obtainToken(known(person), context),
  );
  const about = { cluster, context: person?.contextName ?? null };
  if (token !== null && !isJwt(token)) {
    await lookAsWebhookUser({ chain, api, token, deployment, cluster }, context);
    return resultOf(chain.checks(), about);
  }
  const provider = named ?? (token === null ? null : deployedProvider(cluster, deployment));
  const signIn = seenBefore ?? (provider === null ? null : await lookAtProvider(chain, provider, options, context));
  const claims = await chain.check("id-token", ["credential", "signing-keys"], () =>
    checkIdToken(known(token), {
      expected: provider === null ? null : { issuerUrl: provider.issuerUrl, audience: cluster },
      keys: signIn?.answers.keys ?? null,
      now: context.now(),
      providerClockErrorMs: signIn?.clockErrorMs ?? null,
      clusterClockErrorMs: api?.clockErrorMs ?? null,
    }),
  );
  await lookAsTokenUser({ chain, api, token, claims, policy: deployment?.policy ?? null });
  return resultOf(chain.checks(), about);
}

/** A token that no kubelogin got says nothing of its issuer that may be trusted: wrangler.toml does. */
function deployedProvider(clientId: string, deployment: Deployment | null): PersonProvider | null {
  const issuerUrl = deployment?.issuerUrl ?? null;
  return issuerUrl === null ? null : { issuerUrl, clientId, authorities: null, isInsecure: false };
}

async function lookAtProvider(
  chain: Chain,
  { issuerUrl, authorities }: PersonProvider,
  { timeout }: ClusterOptions,
  { env, now }: Context,
): Promise<SignInObservations> {
  const { hostname, port } = new URL(issuerUrl);
  const connect = { host: hostname, port: port === "" ? 443 : Number(port) };
  const endpoint = { hostname, connect, authorities, timeoutMs: timeout * 1000, proxy: proxyFor(connect, env) };
  const seen = await observeSignIn(endpoint, issuerUrl, now);
  const looks = [
    ["sign-in", ["kubeconfig"], checkReached(seen)],
    ["sign-in-clock", ["sign-in"], checkClock(seen.clockErrorMs)],
    ["discovery", ["sign-in"], checkDiscovery(seen)],
    ["signing-keys", ["sign-in"], checkKeys(seen)],
  ] as const;
  for (const [name, needs, result] of looks) await chain.check(name, needs, () => ({ result, value: null }));
  return seen;
}

/** A person can do other things than the operator about a hostname that cannot be reached. */
function checkReached(seen: SignInObservations): CheckResult {
  const result = checkSignIn(seen);
  if (seen.answers.discovery.kind === "answered") return result;
  const hint =
    "it is down, or something on the way opens TLS or keeps this machine from it (docs/kubelogin.md, Proxies and authorities of your own)";
  return { ...result, hint };
}

async function lookAtCluster({ cluster }: Person, { timeout }: ClusterOptions, { env, now }: Context) {
  const endpoint = apiEndpointOf(cluster, timeout * 1000, env);
  const answer = await askVersion(endpoint);
  return { result: checkKubernetes(answer), value: { endpoint, clockErrorMs: clockErrorOf(answer, now()) } };
}
