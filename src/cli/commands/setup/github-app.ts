// The GitHub App that people sign in with: what a person enters at GitHub, as a list to tick.
import * as v from "valibot";
import { allowEntrySchema } from "../../../worker/config/entries.ts";
import { webUrlOf } from "../../../worker/config/service.ts";
import { githubApiUrlOf } from "../../config-file/check/check.ts";
import { clientVariablesIn, type DeploymentFile, isTable, stringsIn } from "../../config-file/clusters.ts";

interface AppRequest {
  /** Where people sign in. */
  readonly hostname: string;
  /** Entries of the cluster that is new, besides those of the file. */
  readonly allow: readonly string[];
}

/** @returns the settings of the app and the page that makes it, filled in as far as GitHub takes it in an address */
export function githubAppLines({ hostname, allow }: AppRequest, { settings }: DeploymentFile): string[] {
  const { vars } = settings;
  const tables = clientVariablesIn(vars).map((variable) => vars[variable]);
  const entries = [...allow, ...tables.flatMap((table) => stringsIn(table, "allow"))];
  const organisations = organisationsIn(entries);
  const isPrivate = organisations.length === 1 && entries.every((entry) => /^(?:org|team):/.test(entry));
  const hasDeviceFlow = tables.some((table) => isTable(table) && table.device_flow === true);
  const callback = `https://${hostname}/callback`;
  const [owner = "YOUR-ORGANISATION"] = organisations;
  const api = githubApiUrlOf(vars);
  const web = api.ok ? webUrlOf(api.value) : "https://github.com";
  return [
    "The GitHub App, in the organisation whose members sign in. This link fills in most of it:",
    `  ${web}/organizations/${owner}/settings/apps/new?${query(callback, !isPrivate)}`,
    "  [ ] GitHub App name: people read it on GitHub's page",
    `  [ ] Callback URL: ${callback}, and no other`,
    "  [ ] Expire user authorization tokens: on",
    "  [ ] Request user authorization (OAuth) during installation: off",
    `  [ ] Enable Device Flow: ${hasDeviceFlow ? "on, for a cluster has device_flow" : "off, for no cluster has device_flow"}`,
    "  [ ] Webhook, Active: off",
    "  [ ] Organization permissions, Members: Read-only, and nothing else",
    `  [ ] Where can this GitHub App be installed: ${
      isPrivate
        ? "Only on this account (private): GitHub lets only members of it sign in"
        : "Any account (public): people who are not in that one organisation sign in, too"
    }`,
    "  [ ] Create it, then Generate a new client secret, and note the client id",
    `  [ ] Install App on ${organisations.length === 0 ? "the organisation" : organisations.join(", ")}`,
  ];
}

/** https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters */
function query(callback: string, isPublic: boolean): URLSearchParams {
  return new URLSearchParams({
    "callback_urls[]": callback,
    request_oauth_on_install: "false",
    webhook_active: "false",
    public: String(isPublic),
    members: "read",
  });
}

function organisationsIn(entries: readonly string[]): string[] {
  const names = entries.flatMap((entry) => {
    const parsed = v.safeParse(allowEntrySchema, entry);
    if (!parsed.success) return [];
    const { output } = parsed;
    if (output.kind === "organisation") return [output.login];
    return output.kind === "team" ? [output.organisation] : [];
  });
  return [...new Set(names)];
}
