// A stand-in for GitHub's API on this machine, with accounts and tokens of its own: for trying Octogate out offline and for tests. It
// answers as GitHub does, and on request as GitHub does on a bad day.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { type Answer, makeRequestId } from "./answer.ts";
import { readAppJwt } from "./app-jwt.ts";
import { Apps, type NewApp, type NewInstallation } from "./apps.ts";
import type { Behaviour, DeliveryFault } from "./behaviour.ts";
import { type BehaviourLimits, Behaviours } from "./behaviours.ts";
import { type Call, readRequest } from "./call.ts";
import { deliver } from "./delivery.ts";
import { Directory, type NewAccount, type TokenOptions } from "./directory.ts";
import type {
  OrganisationRestrictions,
  StandInAccount,
  StandInApp,
  StandInInstallation,
  StandInOrganisation,
  StandInTeam,
} from "./entities.ts";
import { type NewMembership, type NewOrganisation, type NewTeam, Organisations } from "./organisations.ts";
import { otherAnswer, withLowerCaseNames } from "./other-answer.ts";
import { RateLimitBucket } from "./rate-limit.ts";
import { graphqlPath } from "./routes/graphql.ts";
import type { State } from "./state.ts";
import { frontDoorAnswer, usualAnswer } from "./usual-answer.ts";

export type { StandInAccount, StandInApp, StandInInstallation, StandInOrganisation, StandInTeam } from "./entities.ts";

export interface RecordedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Null as long as no head was sent: for ever, if the request hangs or is reset. */
  readonly status: number | null;
  readonly token: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface GitHubStandIn {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request so far; may be cleared with `length = 0`. */
  readonly requests: RecordedRequest[];
  /** Added before each answer's head. */
  latencyMs: number;
  /** Added to all answers, such as `Deprecation` and `Sunset`. */
  extraHeaders: Readonly<Record<string, string>>;
  addAccount(account: NewAccount): StandInAccount;
  issueToken(account: StandInAccount, options: TokenOptions): string;
  revokeToken(token: string): void;
  /**
   * Lets it behave in another way from now on, or as usual again.
   *
   * @param target a token, or "everyone" for all that have no behaviour of their own
   * @param limits which requests only; one that is set for a path stands beside one that is set for all
   */
  setBehaviour(target: string, behaviour: Behaviour | null, limits?: BehaviourLimits): void;

  addOrganisation(organisation: NewOrganisation): StandInOrganisation;
  addTeam(organisation: StandInOrganisation, team: NewTeam): StandInTeam;
  /** Replaces the membership that somebody had: so an invited person becomes a member. */
  addMember(organisation: StandInOrganisation, account: StandInAccount, membership?: NewMembership): void;
  /** Leaves the teams, too. */
  removeMember(organisation: StandInOrganisation, account: StandInAccount): void;
  /** Throws for somebody who is neither in the team's organisation nor invited to it. */
  addToTeam(team: StandInTeam, account: StandInAccount): void;
  removeFromTeam(team: StandInTeam, account: StandInAccount): void;
  /** Replaces all restrictions that there were; `{}` lifts them. */
  restrictOrganisation(organisation: StandInOrganisation, restrictions: OrganisationRestrictions): void;
  authoriseSso(organisation: StandInOrganisation, token: string): void;

  addApp(app?: NewApp): StandInApp;
  installApp(app: StandInApp, organisation: StandInOrganisation, options?: NewInstallation): StandInInstallation;
  /** Until its `suspendedAt` is null again. */
  suspendInstallation(installation: StandInInstallation): void;
  /** Ends its tokens, too. */
  uninstall(installation: StandInInstallation): void;
  /** Ends also what hangs, at once. */
  close(): Promise<void>;
}

export interface StandInOptions {
  /** Default: one that is free. */
  readonly port?: number;
  readonly latencyMs?: number;
  readonly now?: () => Date;
  /** How many requests an hour an address has without a token that is known. */
  readonly anonymousLimit?: number;
  /** How many requests an hour a person has. */
  readonly userLimit?: number;
  /** How many requests an hour an installation has, and an app for what it asks as itself. */
  readonly installationLimit?: number;
}

/** Starts it on loopback; rejects with the system's error if the port is not to be had. */
export async function startGitHubStandIn(options: StandInOptions = {}): Promise<GitHubStandIn> {
  const { port = 0, latencyMs = 0, now = () => new Date() } = options;
  const { anonymousLimit = 60, userLimit = 5000, installationLimit = 5000 } = options;
  const directory = new Directory({ userLimit, installationLimit, now });
  const organisations = new Organisations();
  const apps = new Apps(installationLimit, now);
  const state: State = { directory, organisations, apps };
  const anonymousBucket = new RateLimitBucket(anonymousLimit, now);
  const behaviours = new Behaviours();
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();

  const server = createServer((request, response) => {
    const read = readRequest(request);
    const record = recordOf(request, read.token);
    requests.push(record);
    void bodyOf(request).then((body) => {
      // The client went away before it had sent all.
      if (body === null) return;
      const { answer, fault } = decide(callOf(read, body));
      return deliver({
        response,
        answer: { ...answer, headers: { ...answer.headers, ...withLowerCaseNames(standIn.extraHeaders) } },
        fault,
        latencyMs: standIn.latencyMs,
        closing: closing.signal,
        onHead: (status) => {
          record.status = status;
        },
      });
    });
  });
  // A client that sends into a connection which ends for idleness sees a reset that nobody asked for.
  server.keepAliveTimeout = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}`;

  function callOf(read: ReturnType<typeof readRequest>, body: string): Call {
    const { token, basic, path } = read;
    const at = now();
    const grant = token === null ? null : directory.grantOf(token);
    const appSignIn = readAppJwt(token, apps, at);
    const named = apps.byClientId(basic?.name ?? null);
    const client = named !== null && named.clientSecret === basic?.password ? named : null;
    const ownBucket = path === graphqlPath ? grant?.buckets.graphql : grant?.buckets.core;
    const appBucket = appSignIn.kind === "app" ? appSignIn.app.bucket : client?.bucket;
    return {
      ...read,
      body,
      grant,
      appSignIn,
      client,
      bucket: ownBucket ?? appBucket ?? anonymousBucket,
      requestId: makeRequestId(at),
      apiUrl: url,
      now: at,
    };
  }

  function decide(call: Call): { answer: Answer; fault: DeliveryFault | null } {
    const refused = frontDoorAnswer(call);
    if (refused !== null) return { answer: refused, fault: null };
    const behaviour = behaviours.of(call);
    if (behaviour === null) return { answer: usualAnswer(call, state), fault: null };
    switch (behaviour.kind) {
      case "truncated":
      case "oversized":
      case "slow_head":
      case "slow_body":
      case "hang":
      case "hang_body":
      case "reset":
        return { answer: usualAnswer(call, state), fault: behaviour };
      default:
        return { answer: otherAnswer(call, behaviour, anonymousBucket), fault: null };
    }
  }

  const standIn: GitHubStandIn = {
    url,
    requests,
    latencyMs,
    extraHeaders: {},
    addAccount: (account) => directory.addAccount(account),
    issueToken: (account, tokenOptions) => directory.issueToken(account, tokenOptions),
    revokeToken: (token) => directory.revokeToken(token),
    setBehaviour: (target, behaviour, limits) => behaviours.set(target, behaviour, limits),
    addOrganisation: (organisation) => organisations.add(organisation),
    addTeam: (organisation, team) => organisations.addTeam(organisation, team),
    addMember: (organisation, account, membership) => organisations.addMember(organisation, account, membership),
    removeMember: (organisation, account) => organisations.removeMember(organisation, account),
    addToTeam: (team, account) => organisations.addToTeam(team, account),
    removeFromTeam: (team, account) => organisations.removeFromTeam(team, account),
    restrictOrganisation: (organisation, restrictions) => {
      organisation.restrictions = restrictions;
    },
    authoriseSso: (organisation, token) => {
      organisation.ssoAuthorisedTokens.add(token);
    },
    addApp: (app) => apps.add(app),
    installApp: (app, organisation, installation) => apps.install(app, organisation, installation),
    suspendInstallation: (installation) => {
      installation.suspendedAt = now();
    },
    uninstall: (installation) => {
      apps.uninstall(installation);
      directory.revokeInstallation(installation);
    },
    close: async () => {
      closing.abort();
      const closed = server.listening ? once(server, "close") : null;
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return standIn;
}

/** @returns null if it breaks off */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  if (request.method === "POST") return text(request).catch(() => null);
  // Whatever comes as a body is read, so that it does not stand in the way of the connection's next request.
  request.resume();
  return "";
}

function recordOf(
  request: IncomingMessage,
  token: string | null,
): { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] } {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    status: null,
    token,
    headers: Object.fromEntries(headers),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in listens on no TCP port");
  return address.port;
}
