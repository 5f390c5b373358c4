// A stand-in for GitHub's API on this machine, with accounts and tokens of its own: for trying Octogate out offline and for tests. It
// answers as GitHub does, and on request as GitHub does on a bad day.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type Answer, makeRequestId } from "./answer.ts";
import type { Behaviour, DeliveryFault } from "./behaviour.ts";
import { type Call, readRequest } from "./call.ts";
import { deliver } from "./delivery.ts";
import { Directory, type NewAccount, type StandInAccount, type TokenOptions } from "./directory.ts";
import { otherAnswer } from "./other-answer.ts";
import { RateLimitBucket } from "./rate-limit.ts";
import { frontDoorAnswer, usualAnswer } from "./usual-answer.ts";

export type { StandInAccount } from "./directory.ts";

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
  addAccount(account: NewAccount): StandInAccount;
  issueToken(account: StandInAccount, options: TokenOptions): string;
  revokeToken(token: string): void;
  /**
   * Lets it behave in another way from now on, or as usual again.
   *
   * @param target a token, or "everyone" for all that have no behaviour of their own
   */
  setBehaviour(target: string, behaviour: Behaviour | null): void;
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
}

/** Starts it on loopback; rejects with the system's error if the port is not to be had. */
export async function startGitHubStandIn(options: StandInOptions = {}): Promise<GitHubStandIn> {
  const { port = 0, latencyMs = 0, now = () => new Date(), anonymousLimit = 60, userLimit = 5000 } = options;
  const directory = new Directory(userLimit, now);
  const anonymousBucket = new RateLimitBucket(anonymousLimit, now);
  const behaviours = new Map<string, Behaviour>();
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();

  const server = createServer((request, response) => {
    const call = callOf(request);
    const record = recordOf(request, call.token);
    requests.push(record);
    // Whatever comes as a body is read, so that it does not stand in the way of the connection's next request.
    request.resume();
    const { answer, fault } = decide(call);
    void deliver({
      response,
      answer,
      fault,
      latencyMs: standIn.latencyMs,
      closing: closing.signal,
      onHead: (status) => {
        record.status = status;
      },
    });
  });
  // A client that sends into a connection which ends for idleness sees a reset that nobody asked for.
  server.keepAliveTimeout = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}`;

  function callOf(request: IncomingMessage): Call {
    const read = readRequest(request);
    const grant = read.token === null ? null : directory.grantOf(read.token);
    const at = now();
    return {
      ...read,
      grant,
      bucket: grant?.bucket ?? anonymousBucket,
      requestId: makeRequestId(at),
      apiUrl: url,
      now: at,
    };
  }

  function decide(call: Call): { answer: Answer; fault: DeliveryFault | null } {
    const refused = frontDoorAnswer(call);
    if (refused !== null) return { answer: refused, fault: null };
    const behaviour = (call.token === null ? undefined : behaviours.get(call.token)) ?? behaviours.get("everyone");
    if (behaviour === undefined) return { answer: usualAnswer(call), fault: null };
    switch (behaviour.kind) {
      case "truncated":
      case "oversized":
      case "slow_head":
      case "slow_body":
      case "hang":
      case "hang_body":
      case "reset":
        return { answer: usualAnswer(call), fault: behaviour };
      default:
        return { answer: otherAnswer(call, behaviour, anonymousBucket), fault: null };
    }
  }

  const standIn: GitHubStandIn = {
    url,
    requests,
    latencyMs,
    addAccount: (account) => directory.addAccount(account),
    issueToken: (account, tokenOptions) => directory.issueToken(account, tokenOptions),
    revokeToken: (token) => directory.revokeToken(token),
    setBehaviour: (target, behaviour) => {
      if (behaviour === null) behaviours.delete(target);
      else behaviours.set(target, behaviour);
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
