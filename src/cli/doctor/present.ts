// An examination as a report: one line a link, and what to do about those that are not as they should be.
import type { Report } from "../report.ts";
import type { Examination } from "./examine.ts";
import { type Link, type LinkState, linkTitles } from "./link.ts";

const marks: Readonly<Record<LinkState, string>> = { ok: "✓", warning: "!", broken: "✗", skipped: "–" };

export function reportOf({ hostname, links }: Examination): Report {
  const width = Math.max(...links.map(({ name }) => linkTitles[name].length));
  return {
    ok: links.every(({ state }) => state !== "broken"),
    lines: links.map(({ name, state, seen }) => `${marks[state]} ${linkTitles[name].padEnd(width)}  ${seen}`),
    troubles: links.flatMap(troubleOf),
    json: { hostname, links },
  };
}

function troubleOf({ name, seen, cure }: Link) {
  return cure === undefined ? [] : [{ where: linkTitles[name], message: seen, cure }];
}
