// oauth2-proxy in front of a page that shows which user it names.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { request } from "node:https";
import { type RunningProgram, start } from "../../support/program.ts";
import { until } from "../../support/until.ts";
import { binary } from "./binaries.ts";
import type { CertificateFiles } from "./certificates.ts";
import { applicationHost } from "./chromium.ts";

export interface ProxyOptions {
  readonly port: number;
  readonly certificate: CertificateFiles;
  readonly issuerUrl: string;
  /** Path of the certificate that vouches for the issuer's own. */
  readonly issuerAuthority: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** After this long it refreshes with the next request. */
  readonly refreshSeconds: number;
}

export interface OAuth2Proxy {
  readonly url: string;
  output(): string;
  stop(): Promise<void>;
}

const userHeaders = ["x-forwarded-user", "x-forwarded-preferred-username", "x-forwarded-groups"];

/** Starts it, and waits until it answers. */
export async function startOAuth2Proxy(options: ProxyOptions): Promise<OAuth2Proxy> {
  const page = createServer(({ headers }, response) => {
    const user = userHeaders.map((name) => `<li>${name}: ${String(headers[name])}</li>`).join("");
    response.setHeader("Content-Type", "text/html").end(`<title>The page</title><ul>${user}</ul>`);
  });
  page.listen(0, "127.0.0.1");
  await once(page, "listening");
  const address = page.address();
  if (address === null || typeof address === "string") throw new Error("the page listens on no TCP port");

  const url = `https://${applicationHost}:${options.port}`;
  const proxy = start(binary("oauth2-proxy"), flagsOf(options, url, `http://127.0.0.1:${address.port}`));
  const stop = async () => {
    await proxy.stop();
    page.closeAllConnections();
    page.close();
  };
  try {
    await until(() => isReady(proxy, `https://localhost:${options.port}/ping`), 20_000, "oauth2-proxy answers");
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, output: proxy.output, stop };
}

function flagsOf(options: ProxyOptions, url: string, pageUrl: string): string[] {
  return [
    "--provider=oidc",
    `--oidc-issuer-url=${options.issuerUrl}`,
    `--provider-ca-file=${options.issuerAuthority}`,
    `--client-id=${options.clientId}`,
    `--client-secret=${options.clientSecret}`,
    `--redirect-url=${url}/oauth2/callback`,
    "--code-challenge-method=S256",
    // It insists on an e-mail address, which GitHub shows to no app that does not ask for it.
    "--oidc-email-claim=preferred_username",
    "--email-domain=*",
    "--insecure-oidc-skip-nonce=false",
    "--skip-provider-button",
    `--cookie-secret=${randomBytes(16).toString("hex")}`,
    `--cookie-refresh=${options.refreshSeconds}s`,
    `--whitelist-domain=${new URL(options.issuerUrl).host}`,
    `--upstream=${pageUrl}`,
    "--http-address=",
    `--https-address=127.0.0.1:${options.port}`,
    `--tls-cert-file=${options.certificate.certificate}`,
    `--tls-key-file=${options.certificate.key}`,
  ];
}

async function isReady(proxy: RunningProgram, url: string): Promise<boolean> {
  if (proxy.hasEnded()) throw new Error(`oauth2-proxy ended:\n${proxy.output()}`);
  return new Promise((resolve) => {
    // Only whether something answers.
    request(url, { rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .end();
  });
}
