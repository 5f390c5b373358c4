// The grant device_code (RFC 8628, 3.4): a program on a machine without a browser asks until the person has approved
// its code at GitHub. kubelogin gives up at any error but two, so what passes is "pending" until the code's own end.
import type { AuthenticatedClient } from "./client-authentication.ts";
import { giveTokens } from "./issue.ts";
import { missing, type OAuthResult, oauthError, unavailable } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import type { DeviceCode, GitHubUserToken } from "./sealed-values.ts";

const pending = oauthError("authorization_pending", "The code is not approved yet");
const over = oauthError("expired_token", "The code is over: begin again", { isSealedHere: true });

/**
 * @returns the token answer; `authorization_pending`, `slow_down`, `access_denied` or `expired_token` (RFC 8628, 3.5)
 */
export async function grantForDeviceCode(
  form: Parameters,
  { client }: AuthenticatedClient,
  provider: Provider,
): Promise<OAuthResult<object>> {
  if (!client.deviceFlow) return noDeviceFlow;
  const sealed = form.get("device_code");
  if (sealed === null) return missing("device_code");
  const opened = await provider.sealer.open("device_code", client.name, sealed);
  if (opened.kind === "ended") return over;
  if (opened.kind === "unknown") return oauthError("invalid_grant", "This is no device code for this client");
  const approved = await approvedToken(opened.value, provider);
  if (approved.kind === "error") return approved;
  const { token, tokenEndsAt } = approved.value;
  const answer = await giveTokens(
    provider,
    { client, grant: "device_code", nonce: null },
    { token, tokenEndsAt, needsSecret: false, isShared: false },
    "access_denied",
  );
  if (answer.kind === "ok" || answer.code !== "temporarily_unavailable") {
    provider.devicePolls.forget(opened.value);
    return answer;
  }
  // GitHub gives the token out once.
  provider.devicePolls.keep(opened.value, approved.value);
  return pending;
}

export const noDeviceFlow = oauthError("unauthorized_client", "device_flow is not turned on for this client");

/** GitHub hears of one poll an interval, and not of those that come early: it would answer with longer intervals. */
async function approvedToken(
  code: DeviceCode,
  { gitHub, devicePolls }: Provider,
): Promise<OAuthResult<GitHubUserToken>> {
  const kept = devicePolls.kept(code);
  if (kept !== null) return { kind: "ok", value: kept };
  if (!devicePolls.mayAsk(code)) return pending;
  const poll = await gitHub.pollDevice(code.githubDeviceCode);
  switch (poll.kind) {
    case "token":
      return { kind: "ok", value: { token: poll.token, tokenEndsAt: poll.tokenEndsAt } };
    case "pending":
    case "unavailable":
      return pending;
    case "slow_down":
      devicePolls.slowDown(code);
      return oauthError("slow_down", "GitHub wants to be asked less often");
    case "declined":
      return oauthError("access_denied", "The code was declined at GitHub", { isSealedHere: true });
    case "unverified_email":
      return oauthError("access_denied", "GitHub wants a verified e-mail address of this account first", {
        isSealedHere: true,
      });
    case "ended":
    case "refused":
      return over;
    case "misconfigured":
      return unavailable("GitHub does not accept the app of this service: tell its operator");
  }
}
