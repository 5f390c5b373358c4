// The Worker's GraphQL query, held to GitHub's public schema.
import { describe, expect, test } from "vitest";
import { teamsOfUser } from "../../../src/worker/github/endpoints.ts";
import { expectPublishedData, queryErrors } from "../../published/github/graphql.ts";

const { query } = teamsOfUser;

describe("the query for a user's teams", () => {
  test("fits the public schema, and none of its fields is deprecated", () => {
    expect(queryErrors(query)).toEqual([]);
  });

  test.each([
    ["a field that does not exist", "slug", "slugs", /Cannot query field "slugs" on type "Team"/],
    ["a deprecated field", "databaseId teams", "databaseId announcement teams", /announcement is deprecated/],
    ["an argument of another type", "first:100", 'first:"100"', /Int cannot represent/],
    ["a variable of another type", "$login:String!", "$login:Int!", /Variable "\$login" of type "Int!"/],
  ])("would not with %s", (_, from, to, error) => {
    expect(queryErrors(query.replace(from, to)).join("\n")).toMatch(error);
  });
});

describe("data that answers the query", () => {
  const variables = { org: "octo-org", login: "octocat", first: 100, after: null };
  const page = { hasNextPage: false, endCursor: null };
  const parent = { databaseId: 3, slug: "parent" };
  const team = { databaseId: 2, slug: "team", ancestors: { pageInfo: { hasNextPage: false }, nodes: [parent] } };
  const data = (teams: object = { pageInfo: page, nodes: [team] }) => ({
    organization: { databaseId: 1, teams },
    user: { databaseId: 4 },
  });

  test.each([
    ["everything that is asked for", data()],
    ["no organisation and no user", { organization: null, user: null }],
  ])("may hold %s", (_, answer) => {
    expectPublishedData(query, variables, answer);
  });

  test.each([
    ["lacks a member", data({ nodes: [team] })],
    ["has one too many", data({ pageInfo: page, nodes: [team], totalCount: 1 })],
    ["has one of another type", data({ pageInfo: { ...page, endCursor: {} }, nodes: [team] })],
  ])("does not fit the schema where it %s", (_, answer) => {
    expect(() => expectPublishedData(query, variables, answer)).toThrow();
  });
});
