// An examination as a report: one line a link, and what to do about those that are not as they should be.
import { columns } from "../../node/columns.ts";
import type { Report, Trouble } from "../report.ts";
import type { Examination } from "./examine.ts";
import { type Link, type LinkState, linkTitles } from "./link.ts";

const marks: Readonly<Record<LinkState, string>> = { ok: "✓", warning: "!", broken: "✗", skipped: "–" };

export function reportOf({ hostname, links }: Examination): Report {
  return {
    ok: links.every(({ state }) => state !== "broken"),
    lines: columns(
      links.map(({ name, state, seen }) => [`${marks[state]} ${linkTitles[name]}`, seen]),
      "",
    ),
    troubles: troublesOf(links, "broken"),
    warnings: troublesOf(links, "warning"),
    json: { hostname, links },
  };
}

function troublesOf(links: readonly Link[], wanted: LinkState): Trouble[] {
  return links
    .filter(({ state }) => state === wanted)
    .map(({ name, seen, cure }) => ({
      where: linkTitles[name],
      message: seen,
      ...(cure === undefined ? {} : { cure }),
    }));
}
