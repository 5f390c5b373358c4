// Who the person is for kube-apiserver, and whether the policy says the same.
import type { ClusterPolicy } from "../../../../worker/config/cluster.ts";
import { CliError, type Context } from "../../../command.ts";
import { type Explanation, explain } from "../../explain/explain.ts";
import { type ExplainSettings, readExplainSettings } from "../../explain/settings.ts";
import { blocked, broken, type CheckResult, ok, printable, skipped } from "../check.ts";
import { askWhoAmI, type SeenApi, type WhoAmI, type WhoAmIAnswer } from "./api.ts";
import { type Chain, type Found, known } from "./chain.ts";
import { compareWithPolicy, compareWithToken } from "./compare-names.ts";
import type { Deployment } from "./deployment.ts";
import type { IdTokenClaims } from "./id-token.ts";

/** Null where a check before found nothing: what is broken there keeps these from being looked at. */
interface Looking {
  readonly chain: Chain;
  readonly api: SeenApi | null;
  readonly token: string | null;
}

/** Of older clusters, the name alone; of others everything. */
type Seen = Omit<WhoAmI, "groups"> & { readonly groups: readonly string[] | null };

/** With an ID token, which kube-apiserver verifies itself. */
export async function lookAsTokenUser(
  looking: Looking & { readonly claims: IdTokenClaims | null; readonly policy: ClusterPolicy | null },
): Promise<void> {
  const { chain, claims, policy } = looking;
  const refusal = broken("kube-apiserver refuses the token, which is in order by itself", distrustHint(claims));
  const seen = await whoAmI(looking, ["id-token", "kube-apiserver"], refusal);
  await chain.check("names", ["whoami"], () => {
    if (seen === null) return { result: skipped("the cluster does not say the name"), value: null };
    return { result: compareWithToken(seen, known(claims), policy), value: null };
  });
}

function distrustHint(claims: IdTokenClaims | null): string {
  const what = claims === null ? "the issuer" : `${claims.iss} for the audience ${claims.aud}`;
  return `it does not trust ${what}, or could not read its keys yet: its log says which, after “oidc:” (octogate manifests prints what it needs)`;
}

/** With a GitHub token, which kube-apiserver asks Octogate about. */
export async function lookAsWebhookUser(
  looking: Looking & { readonly deployment: Deployment | null; readonly cluster: string },
  context: Context,
): Promise<void> {
  const { chain, token, deployment, cluster } = looking;
  const explanation =
    deployment === null
      ? null
      : await chain.check("policy", ["credential"], () => explainToken(known(token), cluster, deployment, context));
  const isAdmitted = explanation?.user != null;
  const hint = "octogate doctor --cluster NAME, without --kubeconfig, checks the way from the cluster to Octogate";
  const refusal =
    explanation !== null && !isAdmitted
      ? blocked("policy")
      : broken(`kube-apiserver refuses the token${isAdmitted ? ", which the policy admits" : ""}`, hint);
  const seen = await whoAmI(looking, ["credential", "kube-apiserver"], refusal);
  await chain.check("names", ["whoami"], () => ({ result: checkNames(seen, explanation, deployment), value: null }));
}

/** The Worker's own code, here; GitHub is asked as the Worker asks it. */
async function explainToken(
  token: string,
  cluster: string,
  { file }: Deployment,
  context: Context,
): Promise<Found<Explanation>> {
  let settings: ExplainSettings;
  try {
    settings = readExplainSettings(file, cluster, undefined, context);
  } catch (error) {
    // A token goes to a GitHub of one's own only by the word of the command line.
    if (!(error instanceof CliError)) throw error;
    return { result: skipped(printable(error.message)), value: null };
  }
  const { nameWarnings, ...explanation } = await explain({
    ...{ token, cluster, ...settings },
    fetch: context.fetch,
    now: context.now,
  });
  const { user, verdict } = explanation;
  const result =
    user === null
      ? broken(printable(verdict.sentence), verdict.hint ?? "octogate explain says more")
      : ok(`admits ${user.username}`);
  return { result, value: { ...explanation, nameWarnings } };
}

function checkNames(seen: Seen | null, explanation: Explanation | null, deployment: Deployment | null): CheckResult {
  if (seen?.groups == null) return skipped("the cluster does not say the groups");
  if (explanation === null || deployment === null) return skipped("there is no policy here to compare with");
  const { user, verdict } = explanation;
  if (user === null) {
    const message = `kube-apiserver knows this person as ${printable(seen.username)}, and the policy does not admit them: ${verdict.sentence}`;
    return broken(printable(message), verdict.hint ?? "deploy wrangler.toml, or bring it up to date");
  }
  return compareWithPolicy({ ...seen, groups: seen.groups }, user, deployment.policy);
}

function whoAmI(
  { chain, api, token }: Looking,
  needs: Parameters<Chain["check"]>[1],
  refusal: CheckResult,
): Promise<Seen | null> {
  return chain.check("whoami", needs, async () => seenIn(await askWhoAmI(known(api).endpoint, known(token)), refusal));
}

function seenIn(answer: WhoAmIAnswer, refusal: CheckResult): Found<Seen> {
  switch (answer.kind) {
    case "known": {
      const { username, groups } = answer.user;
      return { result: ok(printable([username, ...groups].join(", "))), value: answer.user };
    }
    case "named": {
      const { username } = answer;
      const result = ok(`${printable(username)}, by a refusal: this release tells no groups`);
      return { result, value: { username, uid: "", extra: {}, groups: null } };
    }
    case "refused":
      return { result: refusal, value: null };
    case "unnamed":
      return {
        result: skipped("this release says it in refusals alone, and this person may do everything"),
        value: null,
      };
    case "failed":
      return { result: broken(printable(answer.why), "the address in the kubeconfig leads there"), value: null };
  }
}
