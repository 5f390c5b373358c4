// What a report does not see: what the token has to be with which a listed person gets in. A sentence for each demand.

import { asksForSignIn } from "../../../worker/config/client-table.ts";
import { isForWorkflows } from "../../../worker/config/entries.ts";
import { isTable } from "../../config-file/clusters.ts";
import type { ReportedPolicy } from "./policies.ts";

/** @param readsByApp whether the deployment reads memberships through an installed App */
export function tokenDemands({ table, kind, policy }: ReportedPolicy, readsByApp: boolean): string[] {
  const { tokenKinds, oauthClients, scopesAtMost, requireExpiry, organisations } = policy;
  const hasWebhook = kind === "cluster" && isTable(table) && "client_certificates" in table;
  const exchanges = isTable(table) && table.exchange === true;
  const brought = [...(hasWebhook ? ["a review"] : []), ...(exchanges ? ["an exchange"] : [])].join(" and ");
  const takesAppTokens = tokenKinds.some((one) => one === "oauth" || one === "app");
  return [
    ...(brought === "" || tokenKinds.length === 0
      ? []
      : [`For ${brought}, a token of the kind ${tokenKinds.join(", ")}.`]),
    ...(brought !== "" && takesAppTokens
      ? [`An app's token only of ${oauthClients.length === 0 ? "no client: none is listed" : oauthClients.join(", ")}.`]
      : []),
    ...(kind === "application" || asksForSignIn(table)
      ? ["Signing in by browser takes a token of GITHUB_CLIENT_ID."]
      : []),
    ...(scopesAtMost === null
      ? []
      : [
          `A classic or OAuth token with no scope beyond ${scopesAtMost.length === 0 ? "none" : scopesAtMost.join(", ")}.`,
        ]),
    ...(requireExpiry ? ["A token that ends."] : []),
    ...(policy.allow.some(isForWorkflows)
      ? [
          `For a workflow, a token that GitHub Actions makes for this ${kind} alone, in a run by ${policy.workflowEvents.join(", ")}. Who can change the file, or approve a deployment, stands at GitHub.`,
        ]
      : []),
    ...(organisations.length === 0 ? [] : membershipDemands(readsByApp)),
  ];
}

function membershipDemands(readsByApp: boolean): string[] {
  return readsByApp
    ? ["The App reads memberships: the token needs no scope, and no single sign-on."]
    : [
        "The token itself has to see the organisations: the scope read:org, or Members: read of the one organisation that a fine-grained token is for; authorised for single sign-on; allowed by the organisation. What it does not see gives no groups.",
      ];
}
