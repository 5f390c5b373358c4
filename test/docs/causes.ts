// The tables of docs/security.md about who can cause what, from the faults that a test tries.
import { faults } from "../unit/worker/causes/faults/all.ts";
import { causes, type Exception } from "../unit/worker/causes/faults/fault.ts";
import type { Column } from "../unit/worker/causes/people.ts";
import { tableOf } from "./markdown.ts";

const names: Readonly<Record<Exception["to"], string>> = {
  "locked out": "does not get in",
  "cacheable no": "gets a plain no, which kube-apiserver caches",
  grace: "gets in by the grace of an outage",
};

function personOf(column: Column): string {
  return column === "bystander" ? "a colleague" : column;
}

/** @returns how many faults are tried, by who can cause them */
export function causesTable(): string {
  const rows = causes.map((cause) => {
    const own = faults.filter((fault) => fault.cause === cause);
    const named = own.filter(({ exceptions = [] }) => exceptions.length > 0);
    return [cause, String(own.length), String(named.length)];
  });
  return tableOf(["who", "faults", "with an exception"], rows);
}

/** @returns what happens nevertheless, with its reason */
export function exceptionsTable(): string {
  const rows = faults.flatMap(({ cause, name, exceptions = [] }) =>
    exceptions.map(({ to, columns, why }) => [
      `${cause}: ${name}`,
      `${columns.map(personOf).join(", ")}: ${names[to]}`,
      why,
    ]),
  );
  return tableOf(["fault", "who", "why"], rows);
}
