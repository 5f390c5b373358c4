// The tables of docs/operations.md about money, from the simulation's prices and from its report.
import { readFileSync } from "node:fs";
import { paid } from "../simulate/report/money.ts";
import { dollars } from "../simulate/report/table.ts";
import { rowsOf, tableOf } from "./markdown.ts";

const shownSizes = ["30", "1,000", "10,000"];
const titles = [
  "people",
  "clusters",
  "Worker requests a day",
  "KV writes a day",
  "within the free plan",
  "paid plan a month",
];

/** @returns some rows and columns of the table of sizes in docs/simulation.md */
export function costsTable(): string {
  const rows = rowsOf(readFileSync(new URL("../../docs/simulation.md", import.meta.url), "utf8"));
  const start = rows.findIndex((cells) => titles.every((title) => cells.includes(title)));
  const header = rows[start] ?? [];
  const columns = titles.map((title) => header.indexOf(title));
  const shown = shownSizes.map((size) => rows.slice(start).find(([people]) => people === size) ?? []);
  return tableOf(
    titles,
    shown.map((row) => columns.map((column) => row[column] ?? "")),
  );
}

/** @returns what Cloudflare's paid plan includes, and the price of more */
export function pricesTable(): string {
  const row = (name: string, { included, perMillion }: { readonly included: number; readonly perMillion: number }) => [
    name,
    `${included / 1e6} million`,
    dollars(perMillion),
  ];
  return tableOf(
    ["", `in the $${paid.plan}`, "a million more"],
    [
      row("Worker requests", paid.requests),
      row("milliseconds of CPU", paid.cpuMs),
      row("KV reads", paid.kvReads),
      row("KV writes", paid.kvWrites),
      row("lines in Workers Logs (another price from December 2026 on)", paid.logLines),
    ],
  );
}
