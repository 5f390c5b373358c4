import { describe, expect, test } from "vitest";
import type { LookupFailure, Team } from "../../../../../src/worker/github/facts.ts";
import { withAncestors } from "../../../../../src/worker/github/memberships/team-ancestors.ts";
import type { Absent, Hidden } from "../../../../../src/worker/github/outcomes.ts";
import type { ListedTeam } from "../../../../../src/worker/github/schemas.ts";

type LookedUpTeam = { readonly kind: "ok"; readonly team: ListedTeam } | Absent | Hidden | LookupFailure;

const organization = { id: 1234, login: "Acme" };

function teamOf(id: number, parentId: number | null = null): ListedTeam {
  return {
    id,
    slug: `t${id}`,
    organization,
    parent: parentId === null ? null : { id: parentId, slug: `t${parentId}` },
  };
}

/** Looks teams up in a chart of parents by id. */
async function ancestorsOf(direct: readonly ListedTeam[], parents: Readonly<Record<number, number | null>> = {}) {
  const levels: Team[][] = [];
  let open: Team[] = [];
  const lookUp = async (team: Team): Promise<LookedUpTeam> => {
    if (open.length === 0) {
      levels.push(open);
      queueMicrotask(() => {
        open = [];
      });
    }
    open.push(team);
    const parent = parents[team.id];
    if (parent === undefined) return { kind: "absent" };
    return { kind: "ok", team: teamOf(team.id, parent) };
  };
  const answer = await withAncestors(direct, lookUp);
  return { answer, levels: levels.map((level) => level.map(({ id }) => id)) };
}

const complete = (...ids: number[]) => ({ kind: "ok", teams: ids.map((id) => ({ id, slug: `t${id}` })) });

describe("the teams and their parents", () => {
  test("are the teams alone where they have none, and nothing is looked up", async () => {
    expect(await ancestorsOf([])).toEqual({ answer: complete(), levels: [] });
    expect(await ancestorsOf([teamOf(1), teamOf(2)])).toEqual({ answer: complete(1, 2), levels: [] });
  });

  test("hold the parents that are in the list without a look-up", async () => {
    expect(await ancestorsOf([teamOf(1, 2), teamOf(2, 3), teamOf(3)])).toEqual({
      answer: complete(1, 2, 3),
      levels: [],
    });
  });

  test("are looked up level by level, each once, all of a level at the same time", async () => {
    const direct = [teamOf(1, 10), teamOf(2, 10), teamOf(3, 11), teamOf(4)];
    const { answer, levels } = await ancestorsOf(direct, { 10: 20, 11: 20, 20: 30, 30: null });
    expect(answer).toEqual(complete(1, 2, 3, 4, 10, 11, 20, 30));
    expect(levels).toEqual([[10, 11], [20], [30]]);
  });

  test("end where the user is a member on two levels", async () => {
    const { answer, levels } = await ancestorsOf([teamOf(1, 10), teamOf(20, null)], { 10: 20 });
    expect(answer).toEqual(complete(1, 20, 10));
    expect(levels).toEqual([[10]]);
  });
});

describe("parents in a circle end, too", () => {
  test("a team that is its own parent", async () => {
    expect(await ancestorsOf([teamOf(1, 1)])).toEqual({ answer: complete(1), levels: [] });
    expect(await ancestorsOf([teamOf(1, 2)], { 2: 2 })).toEqual({ answer: complete(1, 2), levels: [[2]] });
  });

  test("teams that are each other's parents", async () => {
    expect(await ancestorsOf([teamOf(1, 2)], { 2: 3, 3: 1 })).toEqual({
      answer: complete(1, 2, 3),
      levels: [[2], [3]],
    });
    expect(await ancestorsOf([teamOf(1, 2)], { 2: 3, 3: 4, 4: 2 })).toMatchObject({ answer: complete(1, 2, 3, 4) });
  });

  test("a look-up that always returns another team than the one that was looked up", async () => {
    let lookUps = 0;
    const answer = await withAncestors([teamOf(1, 2)], async () => {
      lookUps += 1;
      return { kind: "ok", team: teamOf(1, 2) };
    });
    expect(answer).toEqual({ kind: "unavailable", reason: "github_too_large" });
    expect(lookUps).toBe(100);
  });
});

describe("a list of teams that would be incomplete is none", () => {
  test.each([
    { kind: "absent" },
    { kind: "hidden", reason: "sso_required", ssoUrl: null },
    { kind: "unavailable", reason: "github_timeout" },
    { kind: "limited", reason: "github_rate_limit" },
  ] as const)("since a parent is $kind", async (outcome) => {
    const lookUp = async ({ id }: Team): Promise<LookedUpTeam> =>
      id === 10 ? outcome : { kind: "ok", team: teamOf(id) };
    expect(await withAncestors([teamOf(1, 11), teamOf(2, 10), teamOf(3, 12)], lookUp)).toBe(outcome);
  });

  test("since there are too many parents, in height or in width; a hundred are not too many", async () => {
    const tooMany = { kind: "unavailable", reason: "github_too_large" };
    const tower = (height: number) =>
      Object.fromEntries(
        Array.from({ length: height }, (_, index) => [index + 2, index + 1 === height ? null : index + 3]),
      );
    expect((await ancestorsOf([teamOf(1, 2)], tower(100))).answer).toMatchObject({ kind: "ok" });
    const high = await ancestorsOf([teamOf(1, 2)], tower(101));
    expect(high.answer).toEqual(tooMany);
    expect(high.levels).toHaveLength(100);

    const row = (width: number) => Array.from({ length: width }, (_, index) => teamOf(index + 1, index + 1001));
    const roots = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index + 1001, null]));
    expect((await ancestorsOf(row(100), roots)).answer).toMatchObject({ kind: "ok" });
    // Not even looked up: they would all go out at once.
    expect(await ancestorsOf(row(101), roots)).toEqual({ answer: tooMany, levels: [] });
  });
});
