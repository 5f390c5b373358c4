import { describe, expect, test } from "vitest";
import type { WithResponse } from "../../../../../src/worker/github/call.ts";
import type { Unavailable } from "../../../../../src/worker/github/facts.ts";
import { readAllPages } from "../../../../../src/worker/github/memberships/pages.ts";
import type { Ok } from "../../../../../src/worker/github/outcomes.ts";

const first = "https://api.github.test/user/teams?per_page=100";
const nonsense = { kind: "unavailable", reason: "github_invalid_response" };

interface ScriptedPage {
  readonly items: unknown;
  readonly link?: string;
}

/** Reads a list whose pages are these, by their addresses; a page that is asked for and not there fails. */
async function read(pages: Record<string, ScriptedPage | Unavailable>) {
  const asked: string[] = [];
  const { outcome, responseInfo } = await readAllPages<unknown, Unavailable>(
    first,
    async (url): Promise<WithResponse<Ok | Unavailable>> => {
      asked.push(url);
      const responseInfo = {
        source: "github",
        githubStatus: asked.length,
        githubRequestId: null,
        retryAfterMs: null,
      } as const;
      const page = pages[url];
      if (page === undefined) throw new Error(`${url} was not expected`);
      if ("kind" in page) return { outcome: page, responseInfo };
      const headers = new Headers(page.link === undefined ? {} : { link: page.link });
      return { outcome: { kind: "ok", json: page.items, headers }, responseInfo };
    },
    (json) => (Array.isArray(json) ? json : null),
  );
  const items = outcome.kind === "ok" ? outcome.pages.flatMap((page) => page.items) : null;
  return { outcome, responseInfo, asked, items };
}

const page = (number: number) => `https://api.github.test/user/teams?per_page=100&page=${number}`;
const next = (url: string) => `<${url}>; rel="next"`;

describe("a list", () => {
  test("of one page is complete with it", async () => {
    const { items, asked } = await read({ [first]: { items: [1, 2] } });
    expect([items, asked]).toEqual([[1, 2], [first]]);
  });

  test("is followed to its end, in order, and the last answer is the responseInfo", async () => {
    const { items, asked, responseInfo, outcome } = await read({
      [first]: { items: [1], link: `${next(page(2))}, <${page(3)}>; rel="last"` },
      [page(2)]: { items: [2, 3], link: `<${first}>; rel="prev", ${next(page(3))}, <${page(3)}>; rel="last"` },
      [page(3)]: { items: [4], link: `<${page(2)}>; rel="prev", <${first}>; rel="first"` },
    });
    expect(items).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([first, page(2), page(3)]);
    expect(responseInfo.githubStatus).toBe(3);
    // Each page's headers stay with it: they say what was left out of it.
    expect(outcome.kind === "ok" && outcome.pages.map(({ headers }) => headers.has("link"))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test.each([
    next(page(2)),
    `<${page(2)}>;rel="next"`,
    `<${page(2)}>; rel=next`,
    `<${page(2)}>; title="teams"; rel="next"`,
    `<${page(2)}> ; rel="next"; title="teams"`,
    `<${page(9)}>; rel="last",<${page(2)}>; rel="next"`,
  ])("goes on by %s", async (link) => {
    expect((await read({ [first]: { items: [1], link }, [page(2)]: { items: [2] } })).items).toEqual([1, 2]);
  });

  test.each([
    `<${first}>; rel="prev"`,
    `<${page(2)}>; rel="last", <${page(1)}>; rel="first"`,
    `<https://api.github.test/user/teams?after=next>; rel="prev"`,
    "",
  ])("ends by %j", async (link) => {
    expect((await read({ [first]: { items: [1], link } })).items).toEqual([1]);
  });
});

describe("a list that can't be followed to its end is no list", () => {
  test.each([
    'https://api.github.test/user/teams?page=2; rel="next"',
    '<https://api.github.test/user/teams?page=2; rel="next"',
    '<>; rel="next"',
    '<no address>; rel="next"',
    '</user/teams?page=2>; rel="next"',
    'rel="next"',
    "next",
    `<${page(2)}>; rel='next'`,
    `<${page(2)}>; rel = "next"`,
    `<${page(2)}>; REL="next"`,
    `<${page(2)}>; rel="Next"`,
    `<${page(2)}>; rel="next last"`,
    `<${page(2)}>; rel="nextpage"`,
    `<${page(2)}>; xrel="next"`,
    `<${page(2)}>; rel="prev", rel="next"`,
  ])("since its Link is none that GitHub writes: %s", async (link) => {
    const { outcome, asked } = await read({ [first]: { items: [1], link } });
    expect(outcome).toEqual(nonsense);
    expect(asked).toEqual([first]);
  });

  test.each([
    "https://evil.test/user/teams?page=2",
    "https://api.github.test.evil.test/user/teams?page=2",
    "https://api.github.test@evil.test/user/teams?page=2",
    "https://api.github.test:8443/user/teams?page=2",
    "http://api.github.test/user/teams?page=2",
    "https://github.test/user/teams?page=2",
    "//evil.test/user/teams?page=2",
  ])("since it goes on elsewhere, where the token must not go: %s", async (url) => {
    const { outcome, asked } = await read({ [first]: { items: [1], link: next(url) } });
    expect(outcome).toEqual(nonsense);
    expect(asked).toEqual([first]);
  });

  test("since a page of it fails: what that one says counts, whatever came before", async () => {
    const failure: Unavailable = { kind: "unavailable", reason: "github_timeout" };
    const { outcome, responseInfo } = await read({ [first]: { items: [1], link: next(page(2)) }, [page(2)]: failure });
    expect(outcome).toEqual(failure);
    expect(responseInfo.githubStatus).toBe(2);
  });

  test("since a page of it is of a wrong form", async () => {
    const pages = { [first]: { items: [1], link: next(page(2)) }, [page(2)]: { items: { message: "Hello" } } };
    expect((await read(pages)).outcome).toEqual(nonsense);
  });

  test("since it goes on and on: after twenty pages", async () => {
    const { outcome, asked } = await read({ [first]: { items: [1], link: next(first) } });
    expect(outcome).toEqual({ kind: "unavailable", reason: "github_too_large" });
    expect(asked).toHaveLength(20);
  });

  test("twenty pages are still a list", async () => {
    const pages = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        index === 0 ? first : page(index + 1),
        { items: [index], ...(index < 19 ? { link: next(page(index + 2)) } : {}) },
      ]),
    );
    expect((await read(pages)).items).toHaveLength(20);
  });
});
