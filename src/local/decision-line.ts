// Decisions for a person at the terminal: one short line each, out of the JSON that the Worker logs.
import * as v from "valibot";

const decisionSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    time: v.string(),
    /** Of a review; a decision at the sign-in hostname has a client and a grant. */
    cluster: v.optional(v.string()),
    client: v.optional(v.string()),
    grant: v.optional(v.string()),
    verdict: v.picklist(["authenticated", "unauthenticated", "denied", "undetermined"]),
    reason: v.string(),
    user: v.optional(v.string()),
    groups: v.optional(v.number()),
    login: v.optional(v.string()),
    /** Of a workflow. */
    repository: v.optional(v.string()),
    source: v.optional(v.string()),
    durationMs: v.number(),
  }),
);

const marks = { authenticated: "✓", unauthenticated: "✗", denied: "✗", undetermined: "?" } as const;
const colours = { authenticated: 32, unauthenticated: 31, denied: 33, undetermined: 33 } as const;

/**
 * @param line of the Worker's log
 * @param isColoured whether the terminal shows colours
 * @returns the line for a person; every other line is as it was
 */
export function readableLine(line: string, isColoured: boolean): string {
  const parsed = v.safeParse(decisionSchema, line);
  if (!parsed.success) return line;
  const { time, cluster, client, grant, verdict, reason, user, groups, login, repository, source, durationMs } =
    parsed.output;
  const mark = isColoured ? `\u001b[${colours[verdict]}m${marks[verdict]}\u001b[0m` : marks[verdict];
  const who = user ?? login ?? repository ?? "(no account)";
  const what = verdict === "authenticated" ? `${groups ?? 0} groups` : `${verdict}: ${reason}`;
  const from = source === undefined ? "" : `, from ${source}`;
  const asker = cluster ?? `${client} by ${grant}`;
  return `${mark} ${time.slice(11, 19)} ${asker}  ${who}  ${what}  (${durationMs} ms${from})`;
}
