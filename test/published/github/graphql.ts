// GitHub's public GraphQL schema: whether a query fits it, and whether data could be the answer to a query.
import { schema } from "@octokit/graphql-schema";
import { buildSchema, graphqlSync, NoDeprecatedCustomRule, parse, specifiedRules, validate } from "graphql";
import { expect } from "vitest";

// GitHub's own text defines two fields twice, which a strict reader refuses.
const published = buildSchema(schema.idl, { assumeValidSDL: true });

/** @returns what is wrong with the query, a line each: fields that are deprecated among it */
export function queryErrors(query: string): readonly string[] {
  const errors = validate(published, parse(query), [...specifiedRules, NoDeprecatedCustomRule]);
  return errors.map(({ message }) => message);
}

/**
 * Fails unless the data has exactly the members that the query asks for, with values of their published types.
 *
 * @param data the member `data` of the response
 */
export function expectPublishedData(query: string, variables: Readonly<Record<string, unknown>>, data: unknown): void {
  // Takes each field from the member of that name, so arguments count only by their types.
  const result = graphqlSync({ schema: published, source: query, rootValue: data, variableValues: variables });
  expect(JSON.parse(JSON.stringify(result))).toEqual({ data });
}
