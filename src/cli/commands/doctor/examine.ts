// The checks of the chain from here to a review's answer, one after the other. A check that rests on a broken one is
// skipped: its result would show the fault of the earlier one.
import type { Endpoint } from "../../../node/https.ts";
import { proxyFor } from "../../../node/proxy.ts";
import type { Context } from "../../command.ts";
import { blocked, type Check, type CheckName, type CheckResult, culpritOf, signInChecks } from "./check.ts";
import { checkEdge, checkFirewall, checkMutualTls } from "./checks/edge.ts";
import { checkClock, checkConnection, checkDns, checkTls } from "./checks/network.ts";
import {
  checkCallback,
  checkClosed,
  checkDiscovery,
  checkKeys,
  checkSignIn,
  type SignInObservations,
} from "./checks/sign-in.ts";
import { checkFingerprint, checkGitHub, checkKv, checkReview, checkToken, checkWorker } from "./checks/worker.ts";
import { type Observations, observe, observeSignIn, type Resolution, resolveName, reviewToken } from "./observe.ts";
import type { Reading } from "./reading.ts";
import {
  type CheckedIdentity,
  type Configuration,
  checkValidity,
  type DoctorOptions,
  readConfiguration,
  readIdentity,
  type Target,
} from "./target.ts";

export interface Examination {
  /** Null where nothing says it. */
  readonly hostname: string | null;
  readonly checks: readonly Check[];
}

/** @param token a person's, to be reviewed at the end, or null */
export async function examine(options: DoctorOptions, token: string | null, context: Context): Promise<Examination> {
  const configuration = await readConfiguration(options, context);
  const { target } = configuration;
  if (target === null) return { hostname: null, checks: checkAll({ configuration, walk: null }, token !== null) };

  const identity = await readIdentity(target.certificates, context);
  const walk = await walkTo(target, identity, options.timeout * 1000, context);
  const checks = checkAll({ configuration, walk }, false);
  if (token === null) return { hostname: target.hostname, checks };
  // A person's token goes only where everything has been found to be in order.
  const isOpen = identity.kind === "usable" && !checks.some(isInTheWayOfTokens);
  const reviewed = isOpen ? await reviewToken(walk.endpoint, identity.credential, token) : null;
  return { hostname: target.hostname, checks: checkAll({ configuration, walk: { ...walk, reviewed } }, true) };
}

interface Walk {
  readonly target: Target;
  readonly endpoint: Endpoint;
  readonly identity: CheckedIdentity;
  /** Null where --connect or a proxy replaces it. */
  readonly resolution: Resolution | null;
  /** Null where the name has no address, and where the cluster asks for no reviews. */
  readonly observed: Observations | null;
  /** The current time in milliseconds, by the server's clock where it states one. */
  readonly at: number;
  /** What was answered about the person's token; null where it was not sent. */
  readonly reviewed: Reading | null;
  /** Null where no person signs in. */
  readonly signIn: SignInObservations | null;
}

async function walkTo(
  target: Target,
  identity: CheckedIdentity,
  timeoutMs: number,
  { env, now }: Context,
): Promise<Walk> {
  const { hostname, connect, isDirected, authorities, hasWebhook } = target;
  const endpoint = { hostname, connect, authorities, timeoutMs, proxy: proxyFor(connect, env) };
  const isResolved = hasWebhook && !isDirected && endpoint.proxy === null;
  const resolution = isResolved ? await resolveName(hostname, timeoutMs) : null;
  const presented = identity.kind === "usable" ? identity.credential : null;
  const observed = !hasWebhook || resolution?.kind === "failed" ? null : await observe(endpoint, presented, now);
  const at = now() + (observed?.clockErrorMs ?? 0);
  const signIn =
    target.signIn === null
      ? null
      : await observeSignIn(
          { ...endpoint, ...target.signIn, proxy: proxyFor(target.signIn.connect, env) },
          target.signIn.issuerUrl,
          now,
        );
  return { target, endpoint, identity, resolution, observed, at, reviewed: null, signIn };
}

interface Seen {
  readonly configuration: Configuration;
  /** Null where the configuration says too little to send anything. */
  readonly walk: Walk | null;
}

interface CheckRule {
  readonly name: CheckName;
  /** The earlier checks that it rests on. */
  readonly needs: readonly CheckName[];
  readonly run: (seen: Seen) => CheckResult;
}

const walkOf = ({ walk }: Seen) => known(walk);
const observedOf = (seen: Seen) => known(walkOf(seen).observed);
const readingsOf = (seen: Seen) => known(observedOf(seen).readings);
const signInOf = (seen: Seen) => known(walkOf(seen).signIn);
const handshakeOf = (seen: Seen) => observedOf(seen).handshake;

/**
 * In the order in which they are shown. What a check looks at is there wherever the checks that it rests on are not
 * broken.
 */
const rules: readonly CheckRule[] = [
  { name: "configuration", needs: [], run: ({ configuration }) => configuration.result },
  { name: "client-certificate", needs: ["configuration"], run: (seen) => checkIdentity(walkOf(seen)) },
  {
    name: "dns",
    needs: ["configuration"],
    run: (seen) => checkDns(walkOf(seen).resolution, walkOf(seen).endpoint),
  },
  {
    name: "connection",
    needs: ["dns"],
    run: (seen) => checkConnection(handshakeOf(seen), walkOf(seen).endpoint.connect),
  },
  { name: "clock", needs: ["connection"], run: (seen) => checkClock(observedOf(seen).clockErrorMs) },
  { name: "tls", needs: ["connection"], run: (seen) => checkTls(handshakeOf(seen), observedOf(seen).clockErrorMs) },
  { name: "edge", needs: ["tls"], run: (seen) => checkEdge(readingsOf(seen)) },
  { name: "firewall", needs: ["edge"], run: (seen) => checkFirewall(readingsOf(seen)) },
  {
    name: "mutual-tls",
    needs: ["client-certificate", "edge"],
    run: (seen) => checkMutualTls(readingsOf(seen), asksForCertificate(seen), walkOf(seen).endpoint),
  },
  {
    name: "fingerprint",
    needs: ["mutual-tls"],
    run: (seen) => checkFingerprint(readingsOf(seen), fingerprintOf(walkOf(seen)), walkOf(seen).target.listed),
  },
  { name: "worker", needs: ["fingerprint"], run: (seen) => checkWorker(readingsOf(seen)) },
  { name: "kv", needs: ["worker"], run: (seen) => checkKv(readingsOf(seen)) },
  { name: "github", needs: ["worker"], run: (seen) => checkGitHub(readingsOf(seen)) },
  { name: "review", needs: ["worker"], run: (seen) => checkReview(known(readingsOf(seen).review)) },
  { name: "sign-in", needs: ["configuration"], run: (seen) => checkSignIn(signInOf(seen)) },
  { name: "sign-in-clock", needs: ["sign-in"], run: (seen) => checkClock(signInOf(seen).clockErrorMs) },
  { name: "discovery", needs: ["sign-in"], run: (seen) => checkDiscovery(signInOf(seen)) },
  { name: "signing-keys", needs: ["sign-in"], run: (seen) => checkKeys(signInOf(seen)) },
  { name: "callback", needs: ["sign-in"], run: (seen) => checkCallback(signInOf(seen)) },
  { name: "sign-in-closed", needs: ["sign-in"], run: (seen) => checkClosed(signInOf(seen)) },
  { name: "token", needs: ["review"], run: (seen) => checkToken(known(walkOf(seen).reviewed)) },
];

function checkAll(seen: Seen, hasToken: boolean): Check[] {
  const checks = new Map<CheckName, Check>();
  for (const { name, needs, run } of rules) {
    if (!isApplicable(name, seen, hasToken)) continue;
    const culprit = needs.map((need) => culpritOf(checks.get(need))).find((found) => found !== null) ?? null;
    checks.set(name, { name, ...(culprit === null ? run(seen) : blocked(culprit)) });
  }
  return [...checks.values()];
}

/** Whether there is something that a check could be about. */
function isApplicable(name: CheckName, { walk }: Seen, hasToken: boolean): boolean {
  if (signInChecks.has(name)) return walk !== null && walk.signIn !== null;
  if (name === "configuration") return true;
  return (name !== "token" || hasToken) && walk?.target.hasWebhook !== false;
}

/** What lies behind the Worker, and other requests that the firewall lets through, are no reason not to send it. */
function isInTheWayOfTokens({ name, state, blockedBy }: Check): boolean {
  const isElsewhere = name === "kv" || name === "github" || name === "clock" || signInChecks.has(name);
  return (state === "broken" || blockedBy !== undefined) && !isElsewhere;
}

function checkIdentity({ identity, at }: Walk): CheckResult {
  return identity.kind === "usable" ? checkValidity(identity.facts, at) : identity.result;
}

function asksForCertificate(seen: Seen): boolean {
  const handshake = handshakeOf(seen);
  return handshake.kind === "complete" && handshake.asksForCertificate;
}

function fingerprintOf({ identity }: Walk): string {
  return known(identity.kind === "usable" ? identity.facts.fingerprint : null);
}

/** For what the order of the checks makes certain, and the compiler cannot see. */
function known<T>(value: T | null): T {
  if (value === null) throw new Error("a check was run though an earlier one is broken");
  return value;
}
