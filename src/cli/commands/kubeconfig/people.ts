// A whole kubeconfig for people, which can be handed to everybody.
import { stringify } from "yaml";
import type { PeopleEntry } from "./entries.ts";

/** @returns YAML; with one cluster its context is the current one, with several a person says which */
export function peopleKubeconfig(entries: readonly PeopleEntry[]): string {
  const [only] = entries;
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: entries.map(({ cluster }) => cluster),
    users: entries.map(({ user }) => user),
    contexts: entries.map(({ context }) => context),
    ...(entries.length === 1 && only !== undefined ? { "current-context": only.context.name } : {}),
  };
  const names = entries.map(({ context }) => context.name);
  const first = `# For people who use ${names.join(", ")}: they sign in with GitHub. It holds no secret.`;
  // A long value stays in its line; a name such as "on" is a text in kubectl's YAML 1.1, too.
  return `${first}\n${stringify(kubeconfig, { lineWidth: 0, compat: "yaml-1.1" })}`;
}
