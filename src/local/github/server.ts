// A stand-in for GitHub on this machine, its API and its web pages, with accounts and tokens of its own, for tests and
// for trying Octogate out offline. It answers as GitHub does, and on request as GitHub does on a bad day.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Accounts, type NewAccount, type StandInAccount } from "./accounts.ts";
import { ActionsKeys, type MintOptions, mintWorkflowToken } from "./actions/issuer.ts";
import { Jobs, type NewJob, type StandInJob, workflowJobOf } from "./actions/jobs.ts";
import { actionsIssuerUrl, variablesOf } from "./actions/routes.ts";
import { Apps, type NewApp, type NewInstallation, type StandInApp, type StandInInstallation } from "./apps.ts";
import { AuthorisationCodes } from "./authorisation-codes.ts";
import { Authorisations } from "./authorisations.ts";
import { Browsers } from "./browsers.ts";
import type { GitHub, Switches } from "./context.ts";
import { DeviceCodes } from "./device-codes.ts";
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
import { type NewRepository, Repositories, type StandInRepository } from "./repositories.ts";
import { createRouter } from "./router.ts";
import { restoreSignIns, saveSignIns } from "./saved-sign-ins.ts";
import { createWebRouter } from "./web/router.ts";

export type GitHubStandIn = Readonly<Pick<GitHub, "url" | "webUrl" | "requests" | "actionsKeys">> &
  Pick<GitHub, "latencyMs" | "extraHeaders" | keyof Switches> &
  ReturnType<typeof controlsOf> & {
    answer(request: Request): Promise<Response>;
    /** Ends also what hangs, at once. */
    close(): Promise<void>;
  };

export interface StandInOptions extends RateLimitOptions, Partial<Switches> {
  /** Of the API. Default: a free one. */
  readonly port?: number;
  /** Of the web pages and the OAuth endpoints. Default: a free one. */
  readonly webPort?: number;
  readonly latencyMs?: number;
  readonly now?: () => Date;
  /**
   * Hears of each approval, token and revocation: the JSON is for `restoreSignIns` of a later stand-in, and has tokens
   * in it.
   */
  readonly onSignInsChange?: (json: string) => void;
}

/** Starts the stand-in on loopback. Rejects with the system's error if it can't have a port. */
export async function startGitHubStandIn(options: StandInOptions = {}): Promise<GitHubStandIn> {
  const { port = 0, webPort = 0, latencyMs = 0, now = () => new Date() } = options;
  const rateLimits = new RateLimits(options, now);
  const grants = new Grants(rateLimits, now);
  const shutdown = new AbortController();
  const github: GitHub = {
    url: "",
    webUrl: "",
    requests: [],
    latencyMs,
    extraHeaders: {},
    counted401: options.counted401 ?? false,
    newTokenRefusal: options.newTokenRefusal ?? null,
    findsOrganisationsById: options.findsOrganisationsById ?? true,
    fineGrainedListsMemberships: options.fineGrainedListsMemberships ?? false,
    listsInvitations: options.listsInvitations ?? true,
    showsMismatchPage: options.showsMismatchPage ?? false,
    accounts: new Accounts(),
    organisations: new Organisations(),
    repositories: new Repositories(),
    jobs: new Jobs(),
    actionsKeys: new ActionsKeys(),
    apps: new Apps(),
    grants,
    authorisations: new Authorisations(grants, now, () => options.onSignInsChange?.(saveSignIns(github))),
    authorisationCodes: new AuthorisationCodes(now),
    deviceCodes: new DeviceCodes(now),
    browsers: new Browsers(),
    faults: new Faults(),
    rateLimits,
    now,
    shutdown: shutdown.signal,
  };
  const router = createRouter(github);
  const api = await listen(router, port);
  github.url = api.url;
  const web = await listen(createWebRouter(github), webPort).catch(async (error: unknown) => {
    await close(api.server);
    throw error;
  });
  github.webUrl = web.url;

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
      await Promise.all([close(api.server), close(web.server)]);
    },
  });
}

async function listen({ fetch }: ReturnType<typeof createRouter>, port: number) {
  // The listener replaces the global Request and Response of this process with its own light ones: with Node's, a
  // request takes twice the time.
  const server = createServer(getRequestListener(fetch));
  // A client that sends into a connection which ends for idleness sees a reset that no test asked for.
  server.keepAliveTimeout = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in listens on no TCP port");
  return { server, url: `http://127.0.0.1:${address.port}` };
}

/** Ends also what hangs, at once. */
async function close(server: Server): Promise<void> {
  const closed = server.listening ? once(server, "close") : null;
  server.close();
  server.closeAllConnections();
  await closed;
}

/** What a test can do to the stand-in, at any time: the next request sees it. */
function controlsOf(github: GitHub) {
  const { accounts, organisations, repositories, jobs, actionsKeys, apps, grants, authorisations, faults, now } =
    github;
  return {
    addAccount: (account: NewAccount) => accounts.add(account),
    issueToken: (account: StandInAccount, options: TokenOptions) => grants.issueToken(account, options),
    revokeToken: (token: string) => authorisations.revokeToken(token),
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
    /** Invites a person who may have no account yet. */
    inviteAddress: ({ invitedAddresses }: StandInOrganisation, email: string) => {
      invitedAddresses.push(email);
    },
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

    addRepository: (owner: StandInRepository["owner"], repository: NewRepository) =>
      repositories.add(owner, repository),
    /** A job begins, with the variables of its steps: its request token is good until the job ends. */
    startJob: (job: NewJob) => {
      const started = jobs.start(job);
      return { ...started, variables: variablesOf(github, started) };
    },
    endJob: (job: StandInJob) => jobs.end(job),
    /** @returns a token of a job, in which anything can be otherwise than GitHub makes it */
    mintWorkflowToken: (job: NewJob, options: Pick<MintOptions, "audience"> & Partial<MintOptions>) =>
      mintWorkflowToken(workflowJobOf(job), {
        issuer: actionsIssuerUrl(github),
        key: actionsKeys.signing,
        now: now(),
        ...options,
      }),

    /** @returns false for what is no JSON of `onSignInsChange` */
    restoreSignIns: (json: string) => restoreSignIns(github, json),

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
      grants.revokeAll((grant) => grant.installation?.installation === installation);
    },
  };
}
