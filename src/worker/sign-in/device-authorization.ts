// POST /device_authorization (RFC 8628, 3.1): a code to enter at GitHub, and GitHub's own page for it.
import type { OpenIdClient } from "../config/sign-in.ts";
import { answerTo, authenticateClient } from "./client-authentication.ts";
import { noDeviceFlow } from "./device-grant.ts";
import { readForm } from "./form.ts";
import { type OAuthResult, unavailable } from "./oauth-error.ts";
import type { Provider } from "./provider.ts";

/** A client that polls this much slower than GitHub wants is not early, also where the network delivers unevenly. */
const marginSeconds = 2;

/** @returns the answer of RFC 8628, 3.2; `unauthorized_client` for a client without `device_flow` */
export async function authorizeDevice(request: Request, provider: Provider): Promise<OAuthResult<object>> {
  const form = await readForm(request);
  if (form.kind === "error") return form;
  const authenticated = await authenticateClient(request, form.value, provider);
  if (authenticated.kind === "error") return authenticated;
  return answerTo(authenticated.value, await startDevice(authenticated.value.client, provider));
}

async function startDevice(client: OpenIdClient, provider: Provider): Promise<OAuthResult<object>> {
  if (!client.deviceFlow) return noDeviceFlow;
  const started = await provider.gitHub.startDevice();
  switch (started.kind) {
    case "misconfigured":
      return unavailable("GitHub does not accept the app of this service: tell its operator");
    case "unavailable":
      return unavailable("GitHub does not answer as it should: try again", started.retryAfterSeconds);
    case "started": {
      const { deviceCode, userCode, verificationUri, expiresInSeconds, intervalSeconds } = started;
      const startedAt = Math.floor(provider.now() / 1000);
      const value = { githubDeviceCode: deviceCode, startedAt, intervalSeconds };
      return {
        kind: "ok",
        value: {
          device_code: await provider.sealer.seal("device_code", client.name, value, startedAt + expiresInSeconds),
          user_code: userCode,
          // No verification_uri_complete: with it kubelogin prints no code.
          verification_uri: verificationUri,
          expires_in: expiresInSeconds,
          interval: intervalSeconds + marginSeconds,
        },
      };
    }
  }
}
