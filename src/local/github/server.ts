// A stand-in for GitHub's API on this machine, with accounts and tokens of its own, for tests and for trying Octogate
// out offline. It answers as GitHub does, and on request as GitHub does on a bad day.
import { once } from "node:events";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Accounts, type NewAccount, type StandInAccount } from "./accounts.ts";
import { Apps, type NewApp, type NewInstallation, type StandInApp, type StandInInstallation } from "./apps.ts";
import type { GitHub, Switches } from "./context.ts";
import { type Fault, type FaultOptions, Faults } from "./faults.ts";
import { Grants, type TokenOptions } from "./grants.ts";
import {
  addToTeam,
  type NewMembership,
  type NewOrganisation,
  type NewTeam,
  type OrganisationRestrictions,
  Organisations,
  removeMember,
  type StandInOrganisation,
  type StandInTeam,
} from "./organisations.ts";
import { type RateLimitOptions, RateLimits } from "./rate-limit.ts";
import { createRouter } from "./router.ts";

export type GitHubStandIn = Readonly<Pick<GitHub, "url" | "requests">> &
  Pick<GitHub, "latencyMs" | "extraHeaders" | keyof Switches> &
  ReturnType<typeof controlsOf> & {
    answer(request: Request): Promise<Response>;
    /** Ends also what hangs, at once. */
    close(): Promise<void>;
  };

export interface StandInOptions extends RateLimitOptions, Partial<Switches> {
  /** Default: a free one. */
  readonly port?: number;
  readonly latencyMs?: number;
  readonly now?: () => Date;
}

/** Starts the stand-in on loopback. Rejects with the system's error if it can't have the port. */
export async function startGitHubStandIn(options: StandInOptions = {}): Promise<GitHubStandIn> {
  const { port = 0, latencyMs = 0, now = () => new Date() } = options;
  const rateLimits = new RateLimits(options, now);
  const shutdown = new AbortController();
  const github: GitHub = {
    url: "",
    requests: [],
    latencyMs,
    extraHeaders: {},
    counted401: options.counted401 ?? false,
    newTokenRefusal: options.newTokenRefusal ?? null,
    findsOrganisationsById: options.findsOrganisationsById ?? true,
    fineGrainedListsMemberships: options.fineGrainedListsMemberships ?? false,
    accounts: new Accounts(),
    organisations: new Organisations(),
    apps: new Apps(),
    grants: new Grants(rateLimits, now),
    faults: new Faults(),
    rateLimits,
    now,
    shutdown: shutdown.signal,
  };
  // The listener replaces the global Request and Response of this process with its own light ones: with Node's, a
  // request takes twice the time.
  const router = createRouter(github);
  const server = createServer(getRequestListener(router.fetch));
  // A client that sends into a connection which ends for idleness sees a reset that no test asked for.
  server.keepAliveTimeout = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in listens on no TCP port");
  github.url = `http://127.0.0.1:${address.port}`;

  return Object.assign(github, controlsOf(github), {
    /** Answers without a connection, for tests that ask very often; what a delivery fault breaks is not there then. */
    answer: async (request: Request): Promise<Response> => {
      const { method, headers } = request;
      const { pathname, search } = new URL(request.url);
      const incoming = { method, url: pathname + search, headers: Object.fromEntries(headers) };
      return router.fetch(request, { incoming, outgoing: { destroyed: false } });
    },
    close: async () => {
      shutdown.abort();
      const closed = server.listening ? once(server, "close") : null;
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

/** What a test can do to the stand-in, at any time: the next request sees it. */
function controlsOf({ accounts, organisations, apps, grants, faults, now }: GitHub) {
  return {
    addAccount: (account: NewAccount) => accounts.add(account),
    issueToken: (account: StandInAccount, options: TokenOptions) => grants.issueToken(account, options),
    revokeToken: (token: string) => grants.revokeToken(token),
    /**
     * Lets GitHub fail in this way from now on, or no longer.
     *
     * @param target a token, or "everyone" for all requests whose token has no fault of its own
     * @param options which requests only; a fault for a path stands beside one for all paths
     */
    setFault: (target: string, fault: Fault | null, options?: FaultOptions) => faults.set(target, fault, options),

    addOrganisation: (organisation: NewOrganisation) => organisations.add(organisation),
    /** Its name and its number lead nowhere from now on. */
    deleteOrganisation: (organisation: StandInOrganisation) => organisations.delete(organisation),
    addTeam: (organisation: StandInOrganisation, team: NewTeam) => organisations.addTeam(organisation, team),
    /** Replaces the membership that the account had: so an invited person becomes a member. */
    addMember: ({ members }: StandInOrganisation, account: StandInAccount, membership: NewMembership = {}) => {
      members.set(account, { state: "active", role: "member", ...membership });
    },
    removeMember,
    addToTeam,
    removeFromTeam: ({ members }: StandInTeam, account: StandInAccount) => {
      members.delete(account);
    },
    /** Replaces all restrictions that there were; `{}` lifts them. */
    restrictOrganisation: (organisation: StandInOrganisation, restrictions: OrganisationRestrictions) => {
      organisation.restrictions = restrictions;
    },
    authoriseSso: ({ ssoAuthorisedTokens }: StandInOrganisation, token: string) => {
      ssoAuthorisedTokens.add(token);
    },

    addApp: (app?: NewApp) => apps.add(app),
    installApp: (app: StandInApp, account: StandInInstallation["account"], options?: NewInstallation) =>
      apps.install(app, account, options),
    /** Until its `suspendedAt` is null again. */
    suspendInstallation: (installation: StandInInstallation) => {
      installation.suspendedAt = now();
    },
    /** Ends the installation's tokens, too. */
    uninstall: (installation: StandInInstallation) => {
      apps.uninstall(installation);
      grants.revokeInstallation(installation);
    },
  };
}
