// Errors of GitHub's OAuth endpoints: each with its sentence and address as they were published or recorded in public.

interface OAuthError {
  readonly description: string;
  readonly uri: string;
}

const documentation = "https://docs.github.com";
const authorization = `${documentation}/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/`;
const token = `${documentation}/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/`;
const deviceFlow = `${documentation}/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow`;

/** What comes back to an app in the person's browser. */
export const authorizationErrors = {
  access_denied: {
    description: "The user has denied your application access.",
    uri: `${authorization}#access-denied`,
  },
  application_suspended: {
    description: "Your application has been suspended. Contact support@github.com.",
    uri: `${authorization}#application-suspended`,
  },
  redirect_uri_mismatch: {
    description: "The redirect_uri MUST match the registered callback URL for this application.",
    uri: `${authorization}#redirect-uri-mismatch`,
  },
} as const satisfies Record<string, OAuthError>;

/** What the token endpoint answers, with status 200. */
export const tokenErrors = {
  bad_verification_code: {
    description: "The code passed is incorrect or expired.",
    uri: `${token}#bad-verification-code`,
  },
  incorrect_client_credentials: {
    description: "The client_id and/or client_secret passed are incorrect.",
    uri: `${token}#incorrect-client-credentials`,
  },
  redirect_uri_mismatch: {
    description: "The redirect_uri MUST match the registered callback URL for this application.",
    uri: `${token}#redirect-uri-mismatch2`,
  },
  unverified_user_email: {
    description: "The user must have a verified primary email.",
    uri: `${token}#unverified_user_email`,
  },
  // With the address for codes, as recorded.
  bad_refresh_token: {
    description: "The refresh token passed is incorrect or expired.",
    uri: `${token}#bad-verification-code`,
  },
  authorization_pending: { description: "The authorization request is still pending.", uri: deviceFlow },
  slow_down: { description: "Too many requests have been made in the same timeframe.", uri: documentation },
  expired_token: { description: "The device_code has expired.", uri: deviceFlow },
  access_denied: { description: "The authorization request was denied.", uri: deviceFlow },
  incorrect_device_code: { description: "The device_code provided is not valid.", uri: deviceFlow },
  device_flow_disabled: { description: "Device Flow must be explicitly enabled for this App", uri: documentation },
  unsupported_grant_type: {
    description: "The grant type must be urn:ietf:params:oauth:grant-type:device_code.",
    uri: deviceFlow,
  },
} as const satisfies Record<string, OAuthError>;
