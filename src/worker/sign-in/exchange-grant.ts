// The grant token-exchange (RFC 8693): the token of a workflow, or a GitHub token that its owner brings, becomes an ID
// token for one client. For people its `exchange` has to allow it. What would tell who is admitted is one answer for
// all: invalid_target.
import { credentialIdOf } from "../credential/credential-id.ts";
import { claimsOf, isWorkflowToken } from "../credential/kind.ts";
import { tokenIdPattern } from "../workflows/facts.ts";
import { issueIdToken } from "./issue.ts";
import { missing, type OAuthError, type OAuthResult, oauthError, refusalError } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import { notAdmitted } from "./refusal.ts";

const tokenType = "urn:ietf:params:oauth:token-type:";
const idTokenType = `${tokenType}id_token`;

/** What a subject's type may be called. */
const personTypes = { accepted: [`${tokenType}access_token`], what: "a GitHub token" };
const workflowTypes: typeof personTypes = {
  accepted: [`${tokenType}jwt`, idTokenType],
  what: "the token of a workflow",
};

/**
 * @returns the answer of RFC 8693, 2.2.1; `invalid_request` for a faulty subject and what its bearer may know,
 *   `invalid_target` for all that would tell who is admitted
 */
export async function grantForSubjectToken(form: Parameters, provider: Provider): Promise<OAuthResult<object>> {
  const token = form.get("subject_token");
  const audience = form.get("audience");
  if (token === null) return missing("subject_token");
  if (audience === null) return missing("audience");
  const { actionsIssuerUrl } = provider;
  const isWorkflow = actionsIssuerUrl !== null && isWorkflowToken(token, actionsIssuerUrl);
  const problem = problemIn(form, isWorkflow ? workflowTypes : personTypes);
  if (problem !== null) return problem;
  const client = provider.clients.get(audience);
  if (client === undefined || !(isWorkflow || client.exchange) || form.get("resource") !== null) {
    const refusal = isWorkflow
      ? notAdmitted("workflow", referenceIn(token))
      : notAdmitted("person", await credentialIdOf(token));
    return refusalError("invalid_target", refusal);
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

/** As a decision refers to it; nothing is decided about the token here. */
function referenceIn(token: string): string | null {
  const jti = claimsOf(token)?.jti;
  return typeof jti === "string" && tokenIdPattern.test(jti) ? `JTI=${jti}` : null;
}

/** It does not say which issuer: an enterprise can have its own, with its name in it. */
const noWorkflow = oauthError(
  "invalid_request",
  `subject_token is no token of a workflow: was it copied whole, without a line end behind it? This service may have another issuer (ACTIONS_ISSUER_URL). For a GitHub token, subject_token_type is ${personTypes.accepted.join(" or ")}`,
);

function problemIn(form: Parameters, { accepted, what }: typeof personTypes): OAuthError | null {
  const subjectType = form.get("subject_token_type");
  if (subjectType === null) return missing("subject_token_type");
  if (!accepted.includes(subjectType)) {
    if (workflowTypes.accepted.includes(subjectType)) return noWorkflow;
    return oauthError("invalid_request", `subject_token_type must be ${accepted.join(" or ")} for ${what}`);
  }
  if ((form.get("requested_token_type") ?? idTokenType) !== idTokenType) {
    return oauthError("invalid_request", `requested_token_type must be ${idTokenType}`);
  }
  return form.get("actor_token") === null
    ? null
    : oauthError("invalid_request", "actor_token is not taken: tokens speak for their owners alone");
}
