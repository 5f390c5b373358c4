// The grant token-exchange (RFC 8693): a GitHub token that its owner brings becomes an ID token for one client, whose
// `exchange` allows it. What would tell who is admitted is one answer for all: invalid_target.
import { credentialIdOf } from "../credential/credential-id.ts";
import { issueIdToken } from "./issue.ts";
import { missing, type OAuthError, type OAuthResult, oauthError, refusalError } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import { notAdmitted } from "./refusal.ts";

const tokenType = "urn:ietf:params:oauth:token-type:";
const idTokenType = `${tokenType}id_token`;

/**
 * @returns the answer of RFC 8693, 2.2.1; `invalid_request` for a faulty subject and what its bearer may know,
 *   `invalid_target` for all that would tell who is admitted
 */
export async function grantForSubjectToken(form: Parameters, provider: Provider): Promise<OAuthResult<object>> {
  const token = form.get("subject_token");
  const audience = form.get("audience");
  if (token === null) return missing("subject_token");
  if (audience === null) return missing("audience");
  const problem = problemIn(form);
  if (problem !== null) return problem;
  const client = provider.clients.get(audience);
  if (client === undefined || !client.exchange || form.get("resource") !== null) {
    return refusalError("invalid_target", notAdmitted(await credentialIdOf(token)));
  }
  const issued = await issueIdToken(provider, {
    client,
    token,
    tokenEndsAt: null,
    grant: "token_exchange",
    nonce: null,
  });
  if (issued.kind === "refused") {
    const { refusal } = issued;
    return refusalError(refusal.isGeneral ? "invalid_target" : "invalid_request", refusal);
  }
  return {
    kind: "ok",
    value: {
      // The standard calls it so (RFC 8693, 2.2.1), and token_type says that it is none.
      access_token: issued.idToken,
      issued_token_type: idTokenType,
      token_type: "N_A",
      expires_in: issued.lifetimeSeconds,
    },
  };
}

function problemIn(form: Parameters): OAuthError | null {
  const subjectType = form.get("subject_token_type");
  if (subjectType === null) return missing("subject_token_type");
  if (subjectType !== `${tokenType}access_token`) {
    return oauthError("invalid_request", `subject_token_type must be ${tokenType}access_token: a GitHub token`);
  }
  if ((form.get("requested_token_type") ?? idTokenType) !== idTokenType) {
    return oauthError("invalid_request", `requested_token_type must be ${idTokenType}`);
  }
  return form.get("actor_token") === null
    ? null
    : oauthError("invalid_request", "actor_token is not taken: tokens speak for their owners alone");
}
