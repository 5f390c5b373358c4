// CPU of workerd for a cold review, by how many teams the user is in: the process's own time, as in cpu.ts. The users
// take short turns, so that what else the machine does hits all alike. Of all turns the lower quarter's end counts.
import { randomBytes } from "node:crypto";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { cfHeader, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";
import { until } from "../support/until.ts";
import { makeReviews, organisationId, policy, ttlSeconds } from "./load.ts";
import { quantile } from "./quantiles.ts";

/** Where the Worker has the memberships from. */
export const sources = ["own token", "app"] as const;
export type Source = (typeof sources)[number];

/** How many teams a user is in. */
export const teamCounts = [0, 300, 900] as const;

export interface ColdReview {
  readonly source: Source;
  readonly teams: (typeof teamCounts)[number];
  readonly cpuMs: number;
}

export interface ColdReviews {
  readonly reviewsEach: number;
  readonly reviews: readonly ColdReview[];
}

/** @returns the CPU of a review in milliseconds, by how many teams the user is in */
export function cpuByTeams({ reviews }: ColdReviews, source: Source): ReadonlyMap<number, number> {
  return new Map(reviews.filter((one) => one.source === source).map(({ teams, cpuMs }) => [teams, cpuMs]));
}

const turnReviews = 20;
const maxWarmUpReviews = 60;
const concurrency = 4;
const settledMs = 20_000;

/** @param reviews how many of each kind there are */
export async function measureColdReviews(reviews: number): Promise<ColdReviews> {
  const measured: ColdReview[] = [];
  for (const source of sources) measured.push(...(await measureSource(source, reviews)));
  return { reviewsEach: reviews, reviews: measured };
}

async function measureSource(source: Source, reviews: number): Promise<ColdReview[]> {
  const everyCall = Number.MAX_SAFE_INTEGER;
  const github = await startGitHubStandIn({ userLimit: everyCall, installationLimit: everyCall });
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const acme = github.addOrganisation({ login: "acme", id: organisationId });
    const app = github.addApp();
    github.installApp(app, acme);
    const teams = Array.from({ length: Math.max(...teamCounts) }, (_, index) =>
      github.addTeam(acme, { name: `team-${index}` }),
    );
    const users = teamCounts.map((count) => {
      const account = github.addAccount({ login: `user-in-${count}` });
      github.addMember(acme, account);
      for (const team of teams.slice(0, count)) github.addToTeam(team, account);
      return { count, account, cpuMs: [] as number[] };
    });

    const clusters = makeClusters({ production: policy });
    const workerd = await startRawWorkerd({
      main: "src/worker/index.ts",
      variables: {
        GITHUB_API_URL: github.url,
        CACHE_SECRET: randomBytes(32).toString("base64"),
        CACHE_TTL_SECONDS: ttlSeconds,
        ...(source === "app" ? { GITHUB_APP_ID: app.appId, GITHUB_APP_PRIVATE_KEY: app.privateKeyPem } : {}),
        ...clusters.variables(),
      },
    });
    stops.push(workerd.stop);
    const client = createHttpClient(workerd.url);
    stops.push(async () => client.close());
    const headers = {
      "content-type": "application/json",
      [cfHeader]: JSON.stringify({ tlsClientAuth: clusters.certificateOf(undefined, Date.now()) }),
    };
    const review = (body: string) => client.send({ method: "POST", path: reviewPath, headers, body });

    let admitted = 0;
    /** Each token is a new one, and its facts are written to KV, which goes on after the answer. */
    const reviewAll = async ({ account }: (typeof users)[number], count: number) => {
      const newToken = () => github.issueToken(account, { kind: "classic", scopes: ["read:org"] });
      await makeReviews(
        review,
        Array.from({ length: count }, () => reviewBody(newToken())),
        count,
        concurrency,
      );
      admitted += count;
      await until(async () => (await workerd.storeCounts()).writes === admitted, settledMs, "KV has all facts");
    };
    for (const user of users) await reviewAll(user, Math.min(maxWarmUpReviews, reviews));
    for (let done = 0; done < reviews; done += turnReviews) {
      for (const user of users) {
        const size = Math.min(turnReviews, reviews - done);
        const before = await workerd.cpuSeconds();
        await reviewAll(user, size);
        user.cpuMs.push((((await workerd.cpuSeconds()) - before) * 1000) / size);
      }
    }
    return users.map(({ count, cpuMs }) => ({ source, teams: count, cpuMs: quantile(cpuMs, 0.25) }));
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
