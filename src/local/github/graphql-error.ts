// GraphQL's errors: most of them come with status 200.
import { type Answer, jsonAnswer } from "./answer.ts";
import type { GraphqlErrorType } from "./behaviour.ts";
import type { Call } from "./call.ts";

export interface GraphqlError {
  readonly type: GraphqlErrorType;
  readonly path?: readonly string[];
  readonly message: string;
}

/** @returns errors and no data at all; the call is not counted by this */
export function graphqlErrorAnswer(call: Call, type: GraphqlErrorType): Answer {
  const errors: readonly GraphqlError[] = [{ type, message: messages[type](call) }];
  return jsonAnswer(call, 200, JSON.stringify({ errors }), call.bucket.headers());
}

const messages: Readonly<Record<GraphqlErrorType, (call: Call) => string>> = {
  RATE_LIMITED: ({ grant }) => {
    const installation = grant?.installation?.installation;
    return installation === undefined
      ? `API rate limit already exceeded for user ID ${grant?.account.id}.`
      : `API rate limit already exceeded for installation ID ${installation.id}.`;
  },
  FORBIDDEN: () => "Resource not accessible by integration",
  INSUFFICIENT_SCOPES: () => "Your token has not been granted the required scopes to execute this query.",
  NOT_FOUND: () => "Could not resolve to a node with the global id of 'unknown'.",
};
