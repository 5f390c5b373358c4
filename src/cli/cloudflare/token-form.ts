// The link that opens Cloudflare's form for an API token, filled in.
// https://developers.cloudflare.com/fundamentals/api/how-to/account-owned-token-template/ names the keys. It has none
// for Zone WAF and Bot Management: a person chooses those in the form.

const permissionGroupKeys = [
  { key: "zone", type: "read" },
  { key: "ssl_and_certificates", type: "edit" },
  { key: "workers_routes", type: "edit" },
  { key: "dns", type: "read" },
  { key: "zone_settings", type: "read" },
  { key: "workers_scripts", type: "edit" },
  { key: "workers_kv_storage", type: "edit" },
];

/** A form for a token of the user's own. */
export const tokenFormUrl = `https://dash.cloudflare.com/profile/api-tokens?${new URLSearchParams({
  permissionGroupKeys: JSON.stringify(permissionGroupKeys),
  accountId: "*",
  zoneId: "all",
  name: "octogate",
})}`;

/** What the link leaves to the person who opens it. */
export const chosenByHand = "Zone · Zone WAF · Edit";
