// What is counted, and how the counts of several regions come together.

/** Plain numbers: they travel between threads, and are added up name by name. */
export interface Counts {
  /** Of kubectl or a dashboard: each asks the apiserver several things at once, which are one look into its caches. */
  commands: number;
  commandsRefused: number;
  /** Requests to the Worker. */
  reviews: number;
  fromMemory: number;
  fromKv: number;
  /** Waited for GitHub. */
  fromGitHub: number;
  /** Of people who had given another command within the last two minutes. */
  commandsInWork: number;
  /** Those of them that waited for GitHub. */
  waitsInWork: number;
  /** Answered without anything known: refused by the cap on never-seen tokens. */
  fromNoSource: number;
  /** Calls that took of the person's quota. */
  githubCosting: number;
  /** Answered with 304, which costs no quota. */
  githubNotModified: number;
  /** Calls that took of a quota that all people share: of REST, and of GraphQL, which has one of its own. */
  githubShared: number;
  githubSharedGraphql: number;
  /** Calls that were not made, because such a quota was spent, or what was left of it was for others. */
  githubSharedRefused: number;
  /** With a token that GitHub does not know: GitHub counts them nowhere. */
  githubUnknown: number;
  githubFailed: number;
  kvReads: number;
  kvWrites: number;
  kvWritesRefused: number;
  kvReadsRefused: number;
  /** Hours in which a person gave a command, over all people. */
  hoursAtWork: number;
}

/** Where things are counted now: what a flood causes is counted apart from what people cause. */
export interface Meter {
  counts: Counts;
}

export function noCounts(): Counts {
  return {
    commands: 0,
    commandsRefused: 0,
    reviews: 0,
    fromMemory: 0,
    fromKv: 0,
    fromGitHub: 0,
    commandsInWork: 0,
    waitsInWork: 0,
    fromNoSource: 0,
    githubCosting: 0,
    githubNotModified: 0,
    githubShared: 0,
    githubSharedGraphql: 0,
    githubSharedRefused: 0,
    githubUnknown: 0,
    githubFailed: 0,
    kvReads: 0,
    kvWrites: 0,
    kvWritesRefused: 0,
    kvReadsRefused: 0,
    hoursAtWork: 0,
  };
}

const names = Object.keys(noCounts()).filter((name): name is keyof Counts => name in noCounts());

/** @returns a sum in which each part counts so many times */
export function addCounts(parts: readonly { readonly counts: Counts; readonly times: number }[]): Counts {
  const sum = noCounts();
  for (const { counts, times } of parts) for (const name of names) sum[name] += counts[name] * times;
  return sum;
}

/** @returns what has been counted since an earlier time */
export function countsSince(later: Counts, earlier: Counts): Counts {
  return addCounts([
    { counts: later, times: 1 },
    { counts: earlier, times: -1 },
  ]);
}
