// The table of docs/caching.md about quotas that all users share, from the simulation's report.
import { readFileSync } from "node:fs";
import { reservedShare } from "../../src/worker/github/shared-quota.ts";
import { sourceNames, sourceTitles } from "../simulate/studies/sources.ts";
import { callsAnHour } from "../simulate/world/hourly-quota.ts";
import { rowsOf, tableOf } from "./markdown.ts";

/** @returns what costs such a quota, and how many people that carries */
export function sharedQuotasTable(): string {
  const rows = rowsOf(readFileSync(new URL("../../docs/simulation.md", import.meta.url), "utf8"));
  const [, ttl, isolates, , , atWork, inAll] = sourceTitles;
  const header = rows.find((cells) => sourceTitles.every((title) => cells.includes(title))) ?? [];
  const cell = (row: readonly string[], title: string) => row[header.indexOf(title)] ?? "";
  const of = (source: keyof typeof sourceNames) =>
    rows.filter((row) => row[0] === sourceNames[source] && row.length === header.length);
  const carried = (row: readonly string[], condition: string) =>
    `some ${roughly(cell(row, atWork))} at work in the same hour, of ${roughly(cell(row, inAll))} in all, with ${condition}`;

  const firstSignIns = Math.floor((callsAnHour * (1 - reservedShare)) / 100) * 100;
  const apps = of("installed_app").map((row) => carried(row, isolatesInUse(cell(row, isolates))));
  const withTeams = of("installed_app_with_teams").map((row) => carried(row, `a TTL of ${cell(row, ttl)}`));
  const [bySecret = []] = of("client_secret");
  const [usual = []] = of("installed_app_with_teams");
  // GraphQL carries some, and REST's own quota as many for each such team.
  const withRest = (teams: number) => roughly(String(Math.floor(numberIn(cell(usual, atWork)) * (1 + 1 / teams))));
  return tableOf(
    ["setting", "what costs that quota", "how many people one deployment carries"],
    [
      [
        "`OAUTH_CLIENT_SECRETS`",
        `one call for each token that no isolate and no KV entry knows; ${count(callsAnHour)} an hour for each client`,
        `${cell(bySecret, atWork)} for those at work; ${count(firstSignIns)} first sign-ins an hour`,
      ],
      [
        "`GITHUB_APP_ID`, no team counts (`org:` and `user:` entries, `groups_from = []`)",
        "one call for each user, isolate and hour; otherwise 304",
        apps.join("; "),
      ],
      [
        "`GITHUB_APP_ID`, all teams become groups",
        `one point of GraphQL for each refresh; ${count(callsAnHour)} an hour for each installation (10,000 with Enterprise Cloud)`,
        withTeams.join("; "),
      ],
      [
        "`GITHUB_APP_ID`, `team:` entries, once GraphQL's quota is spent",
        `one REST call for each refresh and each named team that the user is not in; ${count(callsAnHour)} an hour for each installation`,
        `at work in the same hour, with a TTL of ${cell(usual, ttl)}: some ${withRest(1)} where there is one such team, ${withRest(3)} where there are three, no limit where there is none`,
      ],
    ],
  );
}

function isolatesInUse(number: string): string {
  return number === "1" ? "one isolate in use" : `${number} isolates in use`;
}

/** @returns the number with its first two digits */
function roughly(number: string): string {
  const value = numberIn(number);
  const unit = 10 ** Math.max(0, String(value).length - 2);
  return count(Math.floor(value / unit) * unit);
}

function numberIn(text: string): number {
  return Number(text.replaceAll(",", ""));
}

function count(value: number): string {
  return value.toLocaleString("en");
}
