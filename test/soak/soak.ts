// `npm run soak`: several clusters at work for some minutes, with a schedule of disturbances, and an oracle that holds
// every answer against what was true when it was given.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writePage } from "../docs/write-page.ts";
import { freePort } from "../support/free-port.ts";
import { startActors } from "./actors.ts";
import { type Policies, startDeployment } from "./deployment.ts";
import { growthOf, type Sample, takeSample } from "./measure.ts";
import { createSoakCommand, type SoakOptions } from "./options.ts";
import type { ClusterPolicy, Disturbance, World } from "./oracle.ts";
import { named, startPeople } from "./people.ts";
import { type Course, grownIn, growthAfterMinutes, pictureOf, sectionsOf } from "./report.ts";
import { sabotages } from "./sabotage.ts";
import { type Phase, scheduleOf } from "./schedule.ts";
import { startStore } from "./store.ts";
import { Timeline } from "./timeline.ts";

/** Short, so that every bound is met many times in a run. */
const settings = { ttlSeconds: 10, graceSeconds: 20, idTokenSeconds: 60 };
const bounds = {
  ttlMs: settings.ttlSeconds * 1000,
  graceMs: settings.graceSeconds * 1000,
  // caching.md: a scope or a membership that mends a refusal counts after some ten seconds.
  noMs: 12_000,
  settleMs: 20_000,
  slackMs: 2_500,
};
const happenEveryMs = 3_000;
const sampleEveryMs = 2_000;
/** As many findings as a person reads while it runs. */
const maxShown = 20;

const onlyTeam: ClusterPolicy = { allowsOrganisation: false, allowsTeam: true, allows: [], denies: [named.denied] };
const policies: Policies = {
  blue: { allowsOrganisation: true, allowsTeam: false, allows: [], denies: [named.denied] },
  green: onlyTeam,
  red: { allowsOrganisation: false, allowsTeam: false, allows: [named.allowed, 100], denies: [] },
};
/** For a while: blue wants the team, and red admits a person less. */
const otherPolicies: Policies = { ...policies, blue: onlyTeam, red: { ...policies.red, allows: [named.allowed] } };

// On exit the processes of the soak end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await createSoakCommand(soak).parseAsync();

async function soak(options: SoakOptions): Promise<void> {
  const { minutes, seed, apiservers, write } = options;
  const sabotage = options.sabotage === undefined ? null : (sabotages[options.sabotage] ?? null);
  const signInPort = await freePort();
  const store = await startStore();
  const people = await startPeople(seed, `https://localhost:${signInPort}/callback`);
  const { github, app, shop } = people;
  const deployment = await startDeployment({
    ...{ github, store, settings, policies, signInPort },
    client: app,
    workflowEntries: [`workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main#1234/${shop.id}`],
    ...(sabotage?.spoil === undefined ? {} : { spoilt: sabotage.spoil }),
  });
  const disturbances = new Timeline<Disturbance | null>(null);
  const world: World = { bounds, disturbances };
  const startedAt = Date.now();
  const elapsed = () => (Date.now() - startedAt) / 1000;
  const samples: Sample[] = [];
  let shown = 0;
  const passed: Course["phases"][number][] = [];
  const actors = await startActors({ deployment, people, settings, world, seed, apiserversEach: apiservers });

  const clock = new AbortController();
  const every = async (everyMs: number, act: () => void | Promise<void>) => {
    while (!clock.signal.aborted) {
      await delay(everyMs, undefined, { signal: clock.signal }).catch(() => undefined);
      if (!clock.signal.aborted) await act();
    }
  };
  const background = [
    every(happenEveryMs, () => people.letSomethingHappen()),
    every(sampleEveryMs, async () => {
      // The stand-in keeps what it was asked, for tests that look at it.
      github.requests.splice(0);
      const sample = await takeSample(elapsed(), deployment.edgePid, deployment.workerdPid(), deployment.edgeUsedBytes);
      if (sample !== null) samples.push(sample);
      // Half an hour is long for who waits with a fault.
      for (const { rule, door, what } of actors.ledger.findings.slice(shown, maxShown)) {
        console.error(`${elapsed().toFixed(0).padStart(5)} s  FOUND: ${door}: ${rule}: ${what}`);
      }
      shown = actors.ledger.findings.length;
    }),
    ...(sabotage?.isKilled === true ? [every(1_000, () => deployment.killWorkerd())] : []),
    ...(sabotage?.leak === undefined
      ? []
      : [every(1_000, () => deployment.leak(sabotage.leak?.bytes ?? 0, sabotage.leak?.opensFile === true))]),
  ];

  const pass = async (phase: Phase): Promise<void> => {
    const until = Date.now() + phase.seconds * 1000;
    switch (phase.kind) {
      case "calm":
        break;
      case "github":
        disturbances.change(phase.disturbance, Date.now());
        github.setFault("everyone", phase.fault);
        break;
      case "kv":
        store.fault = phase.fault;
        break;
      case "restart":
        await deployment.restart();
        break;
      case "other policy":
        await deployment.changePolicies(otherPolicies);
        break;
      case "new client certificate":
        await deployment.replaceCertificates();
        break;
      case "new signing key":
        await deployment.replaceSigningKey();
        break;
      case "new cache secret":
        await deployment.replaceCacheSecret();
        break;
    }
    await delay(Math.max(0, until - Date.now()));
    if (phase.kind === "github") {
      github.setFault("everyone", null);
      await delay((phase.restSeconds ?? 0) * 1000);
      disturbances.change(null, Date.now());
    }
    if (phase.kind === "kv") store.fault = "none";
    if (phase.kind === "other policy") await deployment.changePolicies(policies);
  };

  try {
    for (const phase of scheduleOf(minutes * 60, seed, settings)) {
      const from = elapsed();
      const name = nameOf(phase);
      if (phase.kind !== "calm") console.error(`${from.toFixed(0).padStart(5)} s  ${name}`);
      await pass(phase);
      passed.push({ name, from, to: elapsed() });
    }
  } finally {
    clock.abort();
    await Promise.all([actors.stop(), ...background]);
    await deployment.stop();
    await github.close();
    store.close();
  }

  const course: Course = {
    ...{ minutes, seed, apiservers, ...settings },
    ledger: actors.ledger,
    happenings: people.counts,
    phases: passed,
    samples,
    growth: growthOf(samples),
    kv: store.counts,
    isGrowthHeld: minutes >= growthAfterMinutes || sabotage?.leak !== undefined,
  };
  const sections = sectionsOf(course);
  for (const [name, markdown] of sections) console.log(`## ${name}\n\n${markdown}\n`);
  if (deployment.errors() !== "" && sabotage === null) console.error(deployment.errors());
  if (write !== undefined) {
    await writePage(join(write, "soak-and-fuzz.md"), {
      sections,
      pictures: [{ name: "soak-memory", svg: pictureOf(course) }],
    });
  }
  const found = [...actors.ledger.findings, ...grownIn(course)].map(({ rule }) => rule);
  const isGood = sabotage === null ? found.length === 0 : found.includes(sabotage.rule);
  if (sabotage !== null) console.log(isGood ? `seen: ${sabotage.rule}` : `NOT SEEN: ${sabotage.rule}`);
  process.exitCode = isGood ? 0 : 1;
}

function nameOf(phase: Phase): string {
  switch (phase.kind) {
    case "github":
      return phase.disturbance.name;
    case "kv":
      return `KV ${phase.fault}`;
    default:
      return phase.kind;
  }
}
