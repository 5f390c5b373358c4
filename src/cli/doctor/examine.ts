// The whole examination: reads, asks, and judges link by link. A link that rests on a broken one is not judged: what would be seen there is that one's doing.

import type { Endpoint } from "../../node/https.ts";
import type { Context } from "../context.ts";
import { type Resolution, resolveName } from "../network/resolve.ts";
import { type CheckedIdentity, judgeValidity, readIdentity } from "./client-certificate.ts";
import { judgeEdge, judgeFirewall, judgeMutualTls } from "./judge/edge.ts";
import { judgeClock, judgeConnection, judgeDns, judgeTls } from "./judge/network.ts";
import { judgeReview, judgeToken } from "./judge/review.ts";
import { judgeFingerprint, judgeGitHub, judgeKv, judgeWorker } from "./judge/worker.ts";
import { blocked, type Finding, type Link, type LinkName } from "./link.ts";
import { type Observations, observe, reviewToken } from "./observe.ts";
import type { Reading } from "./reading.ts";
import { type Configuration, type DoctorOptions, readConfiguration, type Target } from "./target.ts";

export interface Examination {
  /** Null where nothing says it. */
  readonly hostname: string | null;
  readonly links: readonly Link[];
}

/** @param token a person's, to be reviewed at the end, or null */
export async function examine(options: DoctorOptions, token: string | null, context: Context): Promise<Examination> {
  const configuration = await readConfiguration(options, context);
  const { target } = configuration;
  if (target === null) return { hostname: null, links: judgeAll({ configuration, walk: null }, token !== null) };

  const identity = await readIdentity(target.certificates, context);
  const walk = await walkTo(target, identity, options.timeout * 1000, context.now);
  const links = judgeAll({ configuration, walk }, false);
  if (token === null) return { hostname: target.hostname, links };
  // A person's token goes only where everything has been found to be in order.
  const isOpen = identity.kind === "usable" && !links.some(isInTheWayOfTokens);
  const reviewed = isOpen ? await reviewToken(walk.endpoint, identity.credential, token) : null;
  return { hostname: target.hostname, links: judgeAll({ configuration, walk: { ...walk, reviewed } }, true) };
}

interface Walk {
  readonly target: Target;
  readonly endpoint: Endpoint;
  readonly identity: CheckedIdentity;
  /** Null where --connect stands in for it. */
  readonly resolution: Resolution | null;
  /** Null where the name has no address. */
  readonly observed: Observations | null;
  /** By whichever clock is right, in milliseconds. */
  readonly at: number;
  /** What was answered about the person's token; null where it was not sent. */
  readonly reviewed: Reading | null;
}

async function walkTo(target: Target, identity: CheckedIdentity, timeoutMs: number, now: () => number): Promise<Walk> {
  const { hostname, connect, isDirected, authorities } = target;
  const endpoint = { hostname, connect, authorities, timeoutMs };
  const resolution = isDirected ? null : await resolveName(hostname, timeoutMs);
  const presented = identity.kind === "usable" ? identity.credential : null;
  const observed = resolution?.kind === "failed" ? null : await observe(endpoint, presented, now);
  const at = now() + (observed?.clockErrorMs ?? 0);
  return { target, endpoint, identity, resolution, observed, at, reviewed: null };
}

interface Seen {
  readonly configuration: Configuration;
  /** Null where the configuration says not enough to go anywhere. */
  readonly walk: Walk | null;
}

interface Judgement {
  readonly name: LinkName;
  /** The links that it rests on. */
  readonly needs: readonly LinkName[];
  readonly judge: (seen: Seen) => Finding;
}

const walkOf = ({ walk }: Seen) => known(walk);
const observedOf = (seen: Seen) => known(walkOf(seen).observed);
const readingsOf = (seen: Seen) => known(observedOf(seen).readings);
const handshakeOf = (seen: Seen) => observedOf(seen).handshake;

/** In the order in which they are shown. What a judgement needs has been seen wherever the links that it rests on are not broken. */
const judgements: readonly Judgement[] = [
  { name: "configuration", needs: [], judge: ({ configuration }) => configuration.finding },
  { name: "client-certificate", needs: ["configuration"], judge: (seen) => judgeIdentity(walkOf(seen)) },
  {
    name: "dns",
    needs: ["configuration"],
    judge: (seen) => judgeDns(walkOf(seen).resolution, walkOf(seen).endpoint.connect),
  },
  {
    name: "connection",
    needs: ["dns"],
    judge: (seen) => judgeConnection(handshakeOf(seen), walkOf(seen).endpoint.connect),
  },
  { name: "clock", needs: ["connection"], judge: (seen) => judgeClock(observedOf(seen).clockErrorMs) },
  { name: "tls", needs: ["connection"], judge: (seen) => judgeTls(handshakeOf(seen), observedOf(seen).clockErrorMs) },
  { name: "edge", needs: ["tls"], judge: (seen) => judgeEdge(readingsOf(seen)) },
  { name: "firewall", needs: ["edge"], judge: (seen) => judgeFirewall(readingsOf(seen)) },
  {
    name: "mutual-tls",
    needs: ["client-certificate", "edge"],
    judge: (seen) => judgeMutualTls(readingsOf(seen), asksForCertificate(seen)),
  },
  {
    name: "fingerprint",
    needs: ["mutual-tls"],
    judge: (seen) => judgeFingerprint(readingsOf(seen), fingerprintOf(walkOf(seen)), walkOf(seen).target.listed),
  },
  { name: "worker", needs: ["fingerprint"], judge: (seen) => judgeWorker(readingsOf(seen)) },
  { name: "kv", needs: ["worker"], judge: (seen) => judgeKv(readingsOf(seen)) },
  { name: "github", needs: ["worker"], judge: (seen) => judgeGitHub(readingsOf(seen)) },
  { name: "review", needs: ["worker"], judge: (seen) => judgeReview(known(readingsOf(seen).review)) },
  { name: "token", needs: ["review"], judge: (seen) => judgeToken(known(walkOf(seen).reviewed)) },
];

function judgeAll(seen: Seen, hasToken: boolean): Link[] {
  const links = new Map<LinkName, Link>();
  for (const { name, needs, judge } of judgements) {
    if (name === "token" && !hasToken) continue;
    const culprit = needs.map((need) => culpritOf(links.get(need))).find((found) => found !== null) ?? null;
    links.set(name, { name, ...(culprit === null ? judge(seen) : blocked(culprit)) });
  }
  return [...links.values()];
}

function culpritOf(link: Link | undefined): LinkName | null {
  if (link?.state === "broken") return link.name;
  return link?.blockedBy ?? null;
}

/** What is behind the Worker, and whom the firewall lets through besides us, is no reason not to send it. */
function isInTheWayOfTokens({ name, state, blockedBy }: Link): boolean {
  return (state === "broken" || blockedBy !== undefined) && name !== "kv" && name !== "github" && name !== "clock";
}

function judgeIdentity({ identity, at }: Walk): Finding {
  return identity.kind === "usable" ? judgeValidity(identity.facts, at) : identity.finding;
}

function asksForCertificate(seen: Seen): boolean {
  const handshake = handshakeOf(seen);
  return handshake.kind === "complete" && handshake.asksForCertificate;
}

function fingerprintOf({ identity }: Walk): string {
  return known(identity.kind === "usable" ? identity.facts.fingerprint : null);
}

/** For what the order of the links makes certain, and the compiler cannot see. */
function known<T>(value: T | null): T {
  if (value === null) throw new Error("a link was judged though an earlier one is broken");
  return value;
}
