import { describe, expect, test } from "vitest";
import type { LookupFailure, Team } from "../../../../../src/worker/github/facts.ts";
import { withAncestors } from "../../../../../src/worker/github/memberships/team-ancestors.ts";
import type { Absent, Hidden } from "../../../../../src/worker/github/outcomes.ts";
import type { TeamWithParent } from "../../../../../src/worker/github/schemas.ts";

type Failure = Absent | Hidden | LookupFailure;
type Found = { readonly kind: "ok"; readonly teams: readonly TeamWithParent[] } | Failure;

function teamOf(id: number, parentId: number | null = null): TeamWithParent {
  return { id, slug: `t${id}`, parent: parentId === null ? null : { id: parentId, slug: `t${parentId}` } };
}

/** Parents by id. */
type Chart = Readonly<Record<number, number | null>>;

const teamsOf = (chart: Chart) => Object.entries(chart).map(([id, parent]) => teamOf(Number(id), parent));

/** Looks teams up in a chart, one by one and, where that is much, in the list of all. */
async function ancestorsOf(
  direct: readonly TeamWithParent[],
  chart: Chart = {},
  list: Found = { kind: "ok", teams: teamsOf(chart) },
) {
  const levels: Team[][] = [];
  let open: Team[] = [];
  let lists = 0;
  const { teams, missing } = await withAncestors<Failure>(direct, {
    async lookUp(team): Promise<Found> {
      if (open.length === 0) {
        levels.push(open);
        queueMicrotask(() => {
          open = [];
        });
      }
      open.push(team);
      const parent = chart[team.id];
      return parent === undefined ? { kind: "absent" } : { kind: "ok", teams: [teamOf(team.id, parent)] };
    },
    async listAll() {
      lists += 1;
      return list;
    },
  });
  const ids = teams.map(({ id }) => id).sort((one, other) => one - other);
  return { ids, missing, lists, levels: levels.map((level) => level.map(({ id }) => id)), teams };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
/** A chain of parents: 2, 3, … up to the last. */
const tower = (last: number): Chart =>
  Object.fromEntries(range(2, last).map((id) => [id, id === last ? null : id + 1]));

describe("the teams and their parents", () => {
  test("are the teams alone where they have none, and nothing is looked up", async () => {
    expect(await ancestorsOf([])).toMatchObject({ ids: [], missing: null, levels: [], lists: 0 });
    const plain = await ancestorsOf([teamOf(1), teamOf(2)]);
    expect(plain).toMatchObject({ missing: null, levels: [], lists: 0 });
    expect(plain.teams).toEqual([
      { id: 1, slug: "t1" },
      { id: 2, slug: "t2" },
    ]);
  });

  test("hold the parents that are in the list without a look-up", async () => {
    const direct = [teamOf(1, 2), teamOf(2, 3), teamOf(3)];
    expect(await ancestorsOf(direct)).toMatchObject({ ids: [1, 2, 3], missing: null, levels: [], lists: 0 });
  });

  test("are looked up level by level, each once, all of a level at the same time", async () => {
    const direct = [teamOf(1, 10), teamOf(2, 10), teamOf(3, 11), teamOf(4)];
    expect(await ancestorsOf(direct, { 10: 20, 11: 20, 20: 30, 30: null })).toMatchObject({
      ids: [1, 2, 3, 4, 10, 11, 20, 30],
      missing: null,
      levels: [[10, 11], [20], [30]],
      lists: 0,
    });
  });

  test("end where the user is a member on two levels", async () => {
    const found = await ancestorsOf([teamOf(1, 10), teamOf(20)], { 10: 20 });
    expect(found).toMatchObject({ ids: [1, 10, 20], missing: null, levels: [[10]] });
  });
});

describe("parents that are many cost one list in place of many look-ups", () => {
  test("in height: six are looked up, and the rest is listed", async () => {
    expect(await ancestorsOf([teamOf(1, 2)], tower(7))).toMatchObject({ ids: range(1, 7), missing: null, lists: 0 });
    const high = await ancestorsOf([teamOf(1, 2)], tower(60));
    expect(high).toMatchObject({ ids: range(1, 60), missing: null, lists: 1 });
    expect(high.levels).toEqual([[2], [3], [4], [5], [6], [7]]);
  });

  test("in width: they are not even looked up, for they would all go out at once", async () => {
    const row = range(1, 101).map((id) => teamOf(id, id + 1000));
    const chart = Object.fromEntries(range(1001, 1101).map((id) => [id, 5000]));
    const wide = await ancestorsOf(row, { ...chart, 5000: null });
    expect(wide).toMatchObject({ missing: null, lists: 1, levels: [] });
    expect(wide.ids).toEqual([...range(1, 101), ...range(1001, 1101), 5000]);
  });

  test("as high as GitHub lets them be: two thousand take no longer than their number", async () => {
    const startedAt = performance.now();
    expect((await ancestorsOf([teamOf(1, 2)], tower(2000))).ids).toHaveLength(2000);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test("and parents without a slug, which has no address", async () => {
    const child = { ...teamOf(1), parent: { id: 2, slug: "" } };
    expect(await ancestorsOf([child], { 2: 3, 3: null })).toMatchObject({ ids: [1, 2, 3], levels: [], lists: 1 });
  });
});

describe("parents in a circle end, too", () => {
  test("a team that is its own parent", async () => {
    expect(await ancestorsOf([teamOf(1, 1)])).toMatchObject({ ids: [1], levels: [] });
    expect(await ancestorsOf([teamOf(1, 2)], { 2: 2 })).toMatchObject({ ids: [1, 2], levels: [[2]] });
  });

  test("teams that are each other's parents, looked up or listed", async () => {
    expect(await ancestorsOf([teamOf(1, 2)], { 2: 3, 3: 1 })).toMatchObject({ ids: [1, 2, 3], levels: [[2], [3]] });
    expect(await ancestorsOf([teamOf(1, 2)], { ...tower(30), 30: 2 })).toMatchObject({ ids: range(1, 30), lists: 1 });
  });

  test("a look-up that always returns another team than the one that was looked up", async () => {
    let lookUps = 0;
    const { missing } = await withAncestors<Failure>([teamOf(1, 2)], {
      async lookUp() {
        lookUps += 1;
        return { kind: "ok", teams: [teamOf(1, 2)] };
      },
      listAll: async () => ({ kind: "ok", teams: [] }),
    });
    expect(missing).toBe("unknown_parent");
    expect(lookUps).toBe(6);
  });
});

describe("what is not known is said, beside what is", () => {
  test.each<Failure>([
    { kind: "absent" },
    { kind: "hidden", reason: "sso_required", ssoUrl: null, organisation: null },
    { kind: "unavailable", reason: "github_timeout" },
    { kind: "limited", reason: "github_rate_limit" },
  ])("since a parent or the list is $kind", async (outcome) => {
    const lookUp = async ({ id }: Team): Promise<Found> =>
      id === 10 ? outcome : { kind: "ok", teams: [teamOf(id, 99)] };
    const direct = [teamOf(1, 11), teamOf(2, 10), teamOf(3, 12)];
    const { teams, missing } = await withAncestors<Failure>(direct, { lookUp, listAll: async () => outcome });
    expect(missing).toBe(outcome);
    // That the parents are there, their children say.
    expect(teams.map(({ id }) => id).sort()).toEqual([1, 10, 11, 12, 2, 3, 99]);

    const high = await ancestorsOf([teamOf(1, 2)], tower(60), outcome);
    expect(high.missing).toBe(outcome);
    expect(high.ids).toEqual(range(1, 8));
  });

  test("since the list does not have a parent", async () => {
    const list: Found = { kind: "ok", teams: teamsOf(tower(60)).filter(({ id }) => id !== 40) };
    const { ids, missing } = await ancestorsOf([teamOf(1, 2)], tower(60), list);
    expect(missing).toBe("unknown_parent");
    expect(ids).toEqual(range(1, 40));
  });
});
