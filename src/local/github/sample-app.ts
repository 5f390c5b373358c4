// The GitHub App that `npm start` brings along: sample users sign in with it.
import type { StandInApp } from "./apps.ts";
import type { SampleUsers } from "./sample-users.ts";
import type { GitHubStandIn } from "./server.ts";

export interface SampleAppOptions {
  /** Those of an earlier start, so that its sign-ins go on. Default: new ones. */
  readonly credentials?: Pick<StandInApp, "clientId" | "clientSecret">;
  /** Of the sign-in hostname, such as `https://localhost:8444/callback`. */
  readonly callbackUrl: string;
}

/**
 * Registers the app for the first sample organisation, and installs it in all of them, so that it sees their members
 * and teams. It is public: sample users from elsewhere can try to sign in, too.
 */
export function addSampleApp(
  standIn: GitHubStandIn,
  { organisations }: Pick<SampleUsers, "organisations">,
  { credentials, callbackUrl }: SampleAppOptions,
): StandInApp {
  const app = standIn.addApp({
    ...credentials,
    name: "Octogate",
    callbackUrls: [callbackUrl],
    deviceFlow: true,
    owner: organisations[0],
  });
  for (const organisation of organisations) standIn.installApp(app, organisation);
  return app;
}
