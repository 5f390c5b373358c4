// The sabotages of a soak, for docs/soak-and-fuzz.md.
import { sabotages } from "../soak/sabotage.ts";
import { tableOf } from "./markdown.ts";

export function sabotagesTable(): string {
  const rows = Object.entries(sabotages).map(([name, { what, rule }]) => [`\`${name}\``, what, rule]);
  return tableOf(["name", "what is wrong", "rule"], rows);
}
