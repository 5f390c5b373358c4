// Addresses of one GitHub, from the address of its REST API: github.com, GitHub Enterprise Server (HOST/api/v3) and
// data residency (api.SUBDOMAIN.ghe.com) each lay them out differently.
import { webUrlOf } from "../config/service.ts";

export interface ApiAddress {
  /** Without a trailing slash. */
  readonly restUrl: string;
  readonly graphqlUrl: string;
  /** The host of GitHub's pages. Account numbers are per host, so it is part of an identity. */
  readonly host: string;
}

/** @param restUrl GITHUB_API_URL, without a trailing slash */
export function apiAddressOf(restUrl: string): ApiAddress {
  const { host } = new URL(webUrlOf(restUrl));
  // `https://HOST/api/v3` and `https://HOST/api/graphql`, but `https://api.github.com` and
  // `https://api.github.com/graphql`.
  const graphqlUrl = restUrl.endsWith("/api/v3") ? restUrl.replace(/v3$/, "graphql") : `${restUrl}/graphql`;
  return { restUrl, graphqlUrl, host };
}
