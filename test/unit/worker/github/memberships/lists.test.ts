import { describe, expect, test } from "vitest";
import type { GitHubClient } from "../../../../../src/worker/github/client.ts";
import {
  installations,
  organisationTeams,
  ownMemberships,
  ownTeams,
} from "../../../../../src/worker/github/endpoints.ts";
import { fetchList, type ListOptions } from "../../../../../src/worker/github/memberships/lists.ts";
import { createTrace } from "../../../../../src/worker/github/trace.ts";
import { callsTo, teamBody } from "../support.ts";

const first = "https://api.github.test/user/teams?per_page=100";
const authorization = "Bearer of the test";
const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };

interface ScriptedPage {
  /** The numbers of the teams on it. */
  readonly ids: readonly number[];
  readonly link?: string;
  readonly sso?: string;
}

const bodyOf = (ids: readonly number[]) => JSON.stringify(ids.map((id) => teamBody(id, `team-${id}`)));

/** Loads the user's teams from these pages, by their addresses; a call for any other page fails. */
async function load(pages: Record<string, ScriptedPage | Response>, options: ListOptions = {}) {
  const called: string[] = [];
  const timeouts: (number | undefined)[] = [];
  const client: GitHubClient = {
    async send(request) {
      expect(request).toMatchObject({ method: "GET", authorization });
      called.push(request.url);
      timeouts.push(request.timeoutMs);
      const page = pages[request.url];
      if (page === undefined) throw new Error(`a call for ${request.url} was not expected`);
      if (page instanceof Response) {
        return { kind: "answered", status: page.status, headers: page.headers, text: await page.text() };
      }
      const headers = new Headers();
      if (page.link !== undefined) headers.set("link", page.link);
      if (page.sso !== undefined) headers.set("x-github-sso", page.sso);
      return { kind: "answered", status: 200, headers, text: bodyOf(page.ids) };
    },
  };
  const trace = createTrace();
  const result = await fetchList(callsTo({ client }, { trace }), ownTeams, authorization, undefined, options);
  const ids = result.kind === "ok" ? result.items.map(({ id }) => id) : null;
  return { result, ids, called, timeouts, traced: trace.calls() };
}

const page = (number: number) => `https://api.github.test/user/teams?per_page=100&page=${number}`;
const next = (url: string) => `<${url}>; rel="next"`;

describe("a list", () => {
  test("of one page is complete with it", async () => {
    const { ids, called } = await load({ [first]: { ids: [1, 2] } });
    expect([ids, called]).toEqual([[1, 2], [first]]);
  });

  test("is followed to its end, in order", async () => {
    const { ids, called, traced } = await load({
      [first]: { ids: [1], link: `${next(page(2))}, <${page(3)}>; rel="last"` },
      [page(2)]: { ids: [2, 3], link: `<${first}>; rel="prev", ${next(page(3))}, <${page(3)}>; rel="last"` },
      [page(3)]: { ids: [4], link: `<${page(2)}>; rel="prev", <${first}>; rel="first"` },
    });
    expect(ids).toEqual([1, 2, 3, 4]);
    expect(called).toEqual([first, page(2), page(3)]);
    expect(traced.map(({ endpoint, url }) => [endpoint, url])).toEqual(called.map((url) => ["ownTeams", url]));
  });

  test.each([
    next(page(2)),
    `<${page(2)}>;rel="next"`,
    `<${page(2)}>; rel=next`,
    `<${page(2)}>; title="teams"; rel="next"`,
    `<${page(2)}> ; rel="next"; title="teams"`,
    `<${page(9)}>; rel="last",<${page(2)}>; rel="next"`,
  ])("goes on by %s", async (link) => {
    expect((await load({ [first]: { ids: [1], link }, [page(2)]: { ids: [2] } })).ids).toEqual([1, 2]);
  });

  test.each([
    `<${first}>; rel="prev"`,
    `<${page(2)}>; rel="last", <${page(1)}>; rel="first"`,
    `<https://api.github.test/user/teams?after=next>; rel="prev"`,
    "",
  ])("ends by %j", async (link) => {
    expect((await load({ [first]: { ids: [1], link } })).ids).toEqual([1]);
  });
});

describe("a list that cannot be followed to its end is no list", () => {
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
  ])("since GitHub never writes a Link like this: %s", async (link) => {
    const { result, called } = await load({ [first]: { ids: [1], link } });
    expect(result).toEqual(invalidResponse);
    expect(called).toEqual([first]);
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
    const { result, called } = await load({ [first]: { ids: [1], link: next(url) } });
    expect(result).toEqual(invalidResponse);
    expect(called).toEqual([first]);
  });

  test("since a page of it fails: the outcome of that page counts, whichever pages came before", async () => {
    const outage = new Response(null, { status: 502 });
    const { result, traced } = await load({ [first]: { ids: [1], link: next(page(2)) }, [page(2)]: outage });
    expect(result).toEqual({ kind: "unavailable", reason: "github_server_error" });
    expect(traced.map(({ outcome }) => outcome === result)).toEqual([false, true]);
  });

  test("since a page of it is an invalid response", async () => {
    const hello = Response.json({ message: "Hello" });
    const pages = { [first]: { ids: [1], link: next(page(2)) }, [page(2)]: hello };
    expect((await load(pages)).result).toEqual(invalidResponse);
  });

  test("since it goes on and on: after twenty pages", async () => {
    const { result, called } = await load({ [first]: { ids: [1], link: next(first) } });
    expect(result).toEqual({ kind: "unavailable", reason: "github_too_large" });
    expect(called).toHaveLength(20);
  });

  test("twenty pages are still a list", async () => {
    const pages = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        index === 0 ? first : page(index + 1),
        { ids: [index + 1], ...(index < 19 ? { link: next(page(index + 2)) } : {}) },
      ]),
    );
    expect((await load(pages)).ids).toHaveLength(20);
  });
});

describe("the organisations that single sign-on took out of a list", () => {
  test("are named together, for all pages", async () => {
    const { result } = await load({
      [first]: { ids: [1], link: next(page(2)), sso: "partial-results; organizations=1,2" },
      [page(2)]: { ids: [2], link: next(page(3)) },
      [page(3)]: { ids: [3], sso: "partial-results; organizations=3" },
    });
    expect(result).toMatchObject({ kind: "ok", leftOut: [1, 2, 3] });
  });

  test("are none where no page mentions them", async () => {
    expect((await load({ [first]: { ids: [] } })).result).toMatchObject({ leftOut: [], isLeftOutCurrent: true });
  });

  test("make an invalid response of a list that does not name them, on any page", async () => {
    const unnamed = { ids: [2], sso: "partial-results" };
    expect((await load({ [first]: { ...unnamed, link: next(page(2)) } })).result).toEqual(invalidResponse);
    const pages = { [first]: { ids: [1], link: next(page(2)) }, [page(2)]: unnamed };
    expect((await load(pages)).result).toEqual(invalidResponse);
  });
});

test("every list of GitHub starts with pages of a hundred", () => {
  const organisation = { organisation: "acme" };
  const paths = [ownTeams, ownMemberships, installations].map(({ path }) => path?.(undefined));
  for (const path of [...paths, organisationTeams.path?.(organisation)]) expect(path).toMatch(/[?&]per_page=100$/);
});

describe("a page that GitHub cannot send", () => {
  const worthIt = { isWorthAnotherTry: async () => true };
  const sized = (size: number, number: number) => `https://api.github.test/user/teams?per_page=${size}&page=${number}`;
  const outage = () => new Response(null, { status: 502 });
  const tooLarge = () => new Response("x".repeat(10), { status: 200 });

  test("is asked for in smaller ones, with the time that GitHub gives itself", async () => {
    const { ids, called, timeouts } = await load(
      {
        [first]: outage(),
        [sized(20, 1)]: { ids: [1], link: next(sized(20, 2)) },
        [sized(20, 2)]: { ids: [2] },
      },
      worthIt,
    );
    expect(ids).toEqual([1, 2]);
    expect(called).toEqual([first, sized(20, 1), sized(20, 2)]);
    expect(timeouts).toEqual([undefined, 11_000, 11_000]);
  });

  test("is gone on with where it would have begun: no team twice, none left out", async () => {
    const { ids, called } = await load(
      {
        [first]: { ids: [1], link: next(page(2)) },
        [page(2)]: outage(),
        [sized(20, 6)]: outage(),
        [sized(5, 21)]: { ids: [2], link: next(sized(5, 22)) },
        [sized(5, 22)]: { ids: [3] },
      },
      worthIt,
    );
    expect(ids).toEqual([1, 2, 3]);
    expect(called).toEqual([first, page(2), sized(20, 6), sized(5, 21), sized(5, 22)]);
  });

  test("and cannot in the smallest ones either is a failure", async () => {
    const { result, called } = await load(
      { [first]: outage(), [sized(20, 1)]: outage(), [sized(5, 1)]: outage(), [sized(1, 1)]: outage() },
      worthIt,
    );
    expect(result).toEqual({ kind: "unavailable", reason: "github_server_error" });
    expect(called).toHaveLength(4);
  });

  test("but one item at a time is too long a list, and no outage", async () => {
    const pages = Array.from({ length: 20 }, (_, index) => [
      sized(1, index + 1),
      { ids: [index], link: next(sized(1, index + 2)) },
    ]);
    const { result, called } = await load(
      { [first]: outage(), [sized(20, 1)]: outage(), [sized(5, 1)]: outage(), ...Object.fromEntries(pages) },
      worthIt,
    );
    expect(result).toEqual({ kind: "unavailable", reason: "github_too_large" });
    expect(called).toHaveLength(20);
  });

  test("is not asked for again where GitHub answers nothing else either", async () => {
    const { called } = await load({ [first]: outage() }, { isWorthAnotherTry: async () => false });
    expect(called).toEqual([first]);
    expect((await load({ [first]: outage() })).called).toEqual([first]);
  });

  test.each([
    ["a refusal", new Response('{"message":"Bad credentials"}', { status: 401 })],
    ["an invalid response", tooLarge()],
    ["a status without a meaning", new Response(null, { status: 451 })],
    ["a limit", new Response(null, { status: 429 })],
  ])("is not taken for one that is %s", async (_, response) => {
    expect((await load({ [first]: response }, worthIt)).called).toEqual([first]);
  });

  test("is asked for in smaller ones where it is too large or takes too long", async () => {
    for (const reason of ["github_too_large", "github_timeout"] as const) {
      const called: string[] = [];
      const client: GitHubClient = {
        async send({ url }) {
          called.push(url);
          return called.length === 1
            ? { kind: "failed", reason, status: null, headers: null }
            : { kind: "answered", status: 200, headers: new Headers(), text: bodyOf([1]) };
        },
      };
      expect(await fetchList(callsTo({ client }), ownTeams, authorization, undefined, worthIt)).toMatchObject({
        kind: "ok",
      });
      expect(called).toEqual([first, sized(20, 1)]);
    }
  });
});

describe("the number of calls for a list", () => {
  test("may be bounded from outside", async () => {
    let left = 1;
    const mayCall = () => left-- > 0;
    const { result, called } = await load({ [first]: { ids: [1], link: next(page(2)) } }, { mayCall });
    expect(result).toEqual({ kind: "unavailable", reason: "github_too_large" });
    expect(called).toEqual([first]);
  });
});
