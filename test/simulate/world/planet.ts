// A region: clusters with their apiservers, the Cloudflare locations that they reach, the isolates there, KV
// and GitHub. Isolates come and go; an apiserver's connection leads to one of them until it is made anew.

import type { LookupResult } from "../../../src/worker/cache/lookup.ts";
import { readClusterPolicy } from "../../../src/worker/config/cluster.ts";
import type { Facts, FactsRequest } from "../../../src/worker/github/facts.ts";
import { evaluate, factsRequestOf } from "../../../src/worker/policy/evaluate.ts";
import { type Agent, organisation } from "./agents.ts";
import { Apiserver } from "./apiserver.ts";
import type { Meter } from "./counts.ts";
import { clientId, createGitHub, type GitHubOptions, type VirtualGitHub } from "./github.ts";
import { minuteMs } from "./habits.ts";
import { Isolate } from "./isolate.ts";
import { createKv } from "./kv.ts";
import { createLimiter } from "./limiter.ts";
import { Random } from "./random.ts";
import type { Settings, Source } from "./settings.ts";

export interface PlanetOptions {
  readonly settings: Settings;
  readonly agents: readonly Agent[];
  readonly meter: Meter;
  readonly now: () => number;
  readonly outage: GitHubOptions["outage"];
}

export interface Planet {
  readonly github: Pick<VirtualGitHub, "mostCostingCallsInAnHour">;
  /**
   * Presents a token to an apiserver.
   *
   * @param requestsIfRefused how often it is presented in all where it is refused without being told no; kubectl by
   * default
   * @returns whether they get in, and whether the Worker was asked
   */
  present(token: string, cluster: number, apiserver: number, requestsIfRefused?: number): Promise<Presented>;
  /**
   * Decides at the sign-in hostname, over the same memory as a review: kubelogin and the browser come by a connection
   * of their own each time.
   *
   * @param place the person's
   * @returns whether an ID token is given out
   */
  decide(token: string, cluster: number, place: number): Promise<boolean>;
}

export interface Presented {
  readonly isAdmitted: boolean;
  /** Whether the Worker was asked. */
  readonly wasAsked: boolean;
}

type Verdict = "yes" | "no" | "error";

interface Connection {
  readonly apiserver: Apiserver;
  slot: number;
  until: number;
}

/** kubectl first asks what the server can do, and asks that five times if it is refused. */
const requestsOfKubectl = 5;

export function createPlanet({ settings, agents, meter, now, outage }: PlanetOptions): Planet {
  const { seed, source, ttlSeconds, graceSeconds, apiserversPerCluster, isolatesPerLocation } = settings;
  const lifetimes = { ttlMs: ttlSeconds * 1000, graceMs: graceSeconds * 1000 };
  const random = new Random(seed, "network");
  const github = createGitHub({ now, meter, seed, source, agents, outage });
  const kvSeenFrom = createKv({
    now,
    meter,
    random: new Random(seed, "kv"),
    lagSeconds: settings.kvLagSeconds,
    plan: settings.plan,
  });
  const credential = {
    tokenKind: source === "client_secret" ? "oauth" : "classic",
    credentialId: "credential-id",
  } as const;
  const policy = policyOfClusters(source);
  const evaluateHere = (facts: Facts) => evaluate(policy, credential, facts);

  const locations = Array.from({ length: settings.locations }, (_, location) => {
    const parts = {
      now,
      store: kvSeenFrom(location),
      admitNeverSeen: createLimiter(now),
      lifetimes,
    };
    const start = () => ({
      isolate: new Isolate({ ...parts, github: github.connect() }),
      endsAt: now() + random.exponential(settings.isolateLifeMinutes * minuteMs),
    });
    return { start, slots: Array.from({ length: isolatesPerLocation }, start) };
  });

  const clusters = Array.from({ length: settings.clusters }, (_, index) => ({
    request: factsRequestOf(`cluster-${index}`, policy, credential),
    connections: Array.from({ length: apiserversPerCluster }, (): Connection => {
      const apiserver = new Apiserver(settings.apiserverCacheSeconds * 1000);
      return { apiserver, slot: 0, until: Number.NEGATIVE_INFINITY };
    }),
  }));

  /** Where the connection leads now. */
  function isolateOf(cluster: number, connection: Connection): Isolate {
    if (connection.until <= now()) {
      connection.slot = random.below(isolatesPerLocation);
      connection.until = now() + random.exponential(settings.connectionLifeMinutes * minuteMs);
    }
    return isolateAt(cluster, connection.slot);
  }

  /** @param place of a cluster or of a person: they are spread over the locations */
  function isolateAt(place: number, slot: number): Isolate {
    const { slots, start } = partOf(locations, place % locations.length);
    let current = partOf(slots, slot);
    if (current.endsAt <= now()) {
      current = start();
      slots[slot] = current;
    }
    return current.isolate;
  }

  async function review(token: string, request: FactsRequest, isolate: Isolate): Promise<Verdict> {
    const { source, outcome } = await isolate.load(token, request, evaluateHere);
    const { counts } = meter;
    counts.reviews += 1;
    switch (source) {
      case "memory":
        counts.fromMemory += 1;
        break;
      case "kv":
        counts.fromKv += 1;
        break;
      case "github":
        counts.fromGitHub += 1;
        break;
      case "none":
        counts.fromNoSource += 1;
        break;
    }
    return verdictOn(outcome);
  }

  function verdictOn(outcome: LookupResult["outcome"]): Verdict {
    switch (outcome.kind) {
      case "found": {
        const { kind } = outcome.verdict;
        return kind === "authenticated" ? "yes" : kind === "unauthenticated" ? "no" : "error";
      }
      case "refused":
      case "unrecognised":
        return "no";
      case "suspended":
      case "denied":
      case "limited":
      case "unavailable":
        return "error";
    }
  }

  return {
    github,
    async present(token, clusterIndex, apiserverIndex, requestsIfRefused = requestsOfKubectl) {
      const { request, connections } = partOf(clusters, clusterIndex);
      const connection = partOf(connections, apiserverIndex);
      const remembered = connection.apiserver.lookUp(token, now());
      if (remembered !== null) return { isAdmitted: remembered, wasAsked: false };
      for (let sent = 0; sent < requestsIfRefused; sent += 1) {
        const verdict = await review(token, request, isolateOf(clusterIndex, connection));
        if (verdict === "error") continue;
        connection.apiserver.remember(token, verdict === "yes", now());
        return { isAdmitted: verdict === "yes", wasAsked: true };
      }
      return { isAdmitted: false, wasAsked: true };
    },
    async decide(token, cluster, place) {
      const { request } = partOf(clusters, cluster);
      return (await review(token, request, isolateAt(place, random.below(isolatesPerLocation)))) === "yes";
    },
  };
}

function policyOfClusters(source: Source) {
  const policy = readClusterPolicy("CLUSTER_SIMULATED", {
    client_certificates: ["ab".repeat(32)],
    allow: [`org:${organisation.login}#${organisation.id}`],
    ...(source === "client_secret"
      ? { token_kinds: ["oauth"], oauth_clients: [clientId] }
      : { token_kinds: ["classic"] }),
    // Groups change nothing about what is remembered, and making them for each review takes its time.
    groups_from: [],
  });
  if (!policy.ok) throw new Error("the simulation's own policy is wrong");
  return policy.value;
}

function partOf<Part>(parts: readonly Part[], index: number): Part {
  const part = parts[index];
  if (part === undefined) throw new Error(`there is no part ${index} of ${parts.length}`);
  return part;
}
