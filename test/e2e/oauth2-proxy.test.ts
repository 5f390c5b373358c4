// A web application that lets people in by OpenID Connect: oauth2-proxy in front of a page, and a person in Chromium.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { StandInOrganisation, StandInTeam } from "../../src/local/github/organisations.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/until.ts";
import { makeFileAuthority } from "./support/certificates.ts";
import { applicationHost, startChromium } from "./support/chromium.ts";
import { needs } from "./support/needs.ts";
import { type OAuth2Proxy, startOAuth2Proxy } from "./support/oauth2-proxy.ts";
import { type Octogate, startOctogate } from "./support/octogate.ts";

const title = "a page behind oauth2-proxy";

const textOn = async (page: Page) => (await page.locator("body").textContent()) ?? "";

const refreshSeconds = 1;
const ttlSeconds = 5;

describe(title, needs("oauth2-proxy", "Chromium"), () => {
  let folder: string;
  let team: StandInTeam;
  let organisation: StandInOrganisation;
  let leaver: StandInAccount;
  let octogate: Octogate;
  let proxy: OAuth2Proxy;
  let chromium: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-oauth2-proxy-"));
    const port = await freePort();
    const clientSecret = randomBytes(24).toString("hex");
    octogate = await startOctogate({
      signsIn: true,
      variables: {
        CACHE_TTL_SECONDS: String(ttlSeconds),
        OIDC_CLIENT_SECRETS: JSON.stringify({ dashboard: clientSecret }),
      },
      applications: { dashboard: { redirect_uris: [`https://${applicationHost}:${port}/oauth2/callback`] } },
      addTo: (github, app, maintainer) => {
        organisation = github.addOrganisation({ login: "Reef-Works" });
        github.installApp(app, organisation);
        github.addMember(organisation, maintainer);
        leaver = github.addAccount({ login: "lena-leaver" });
        github.addMember(organisation, leaver);
        team = github.addTeam(organisation, { name: "Platform" });
        return [`org:${organisation.login}#${organisation.id}`];
      },
    });
    const certificate = await (await makeFileAuthority(folder)).issue("localhost", "server");
    const issuerUrl = `https://localhost:${octogate.edge().signInPort}`;
    const issuerAuthority = join(octogate.stateDir, "ca.crt");
    const clientId = "dashboard";
    proxy = await startOAuth2Proxy({
      ...{ port, certificate, issuerUrl, issuerAuthority, clientId, clientSecret, refreshSeconds },
    });
    chromium = await startChromium();
  });
  afterAll(async () => {
    await chromium?.close();
    await proxy?.stop();
    await octogate?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A person who has never been here. */
  async function newPage(): Promise<Page> {
    const context = await chromium.newContext({ ignoreHTTPSErrors: true });
    return context.newPage();
  }

  /** The person opens the page, and says at GitHub who they are. */
  async function signIn(page: Page, person: string): Promise<void> {
    await page.goto(proxy.url);
    expect(new URL(page.url()).origin).toBe(octogate.github.webUrl);
    await page.locator(`input[name=person][value=${person}]`).check();
    await page.getByRole("button", { name: /^Authorize/ }).click();
    await page.waitForLoadState();
  }

  test("a person who signs in sees the page, which knows login and groups", async () => {
    const page = await newPage();
    await signIn(page, octogate.maintainer.login);
    expect(page.url()).toBe(`${proxy.url}/`);
    const text = await textOn(page);
    expect(text).toContain(`x-forwarded-user: ${octogate.maintainer.id}`);
    expect(text).toContain(`x-forwarded-preferred-username: ${octogate.maintainer.login}`);
    expect(text).toContain("x-forwarded-groups: Reef-Works");
  });

  test("a refresh brings what has changed at GitHub, and shows the person nothing", async () => {
    const page = await newPage();
    await signIn(page, octogate.maintainer.login);
    octogate.github.addToTeam(team, octogate.maintainer);
    const hasChanged = async () => {
      await page.goto(proxy.url);
      expect(page.url()).toBe(`${proxy.url}/`);
      return (await textOn(page)).includes("Reef-Works/platform");
    };
    await until(hasChanged, (ttlSeconds + refreshSeconds + 30) * 1000, "the page knows the new group");
  });

  test("a person who has left is sent to sign in again by the refused refresh, and reads why on our page", async () => {
    const page = await newPage();
    await signIn(page, leaver.login);
    expect(await textOn(page)).toContain(`x-forwarded-user: ${leaver.id}`);
    organisation.members.delete(leaver);
    const isSentAway = async () => {
      await page.goto(proxy.url);
      return new URL(page.url()).origin === octogate.github.webUrl;
    };
    await until(isSentAway, (ttlSeconds + refreshSeconds + 30) * 1000, "the page is closed to a person who has left");
    expect(proxy.output()).toContain("This GitHub account is not admitted here");
    await signIn(page, leaver.login);
    expect(new URL(page.url()).pathname).toBe("/callback");
    expect(await textOn(page)).toMatch(/not admitted here/i);
  });

  test("a person who is not admitted reads why on our page, and the application gets an error alone", async () => {
    const page = await newPage();
    await signIn(page, octogate.outsider.login);
    expect(new URL(page.url()).pathname).toBe("/callback");
    const text = await textOn(page);
    expect(text).toMatch(/not admitted here/i);
    expect(text).toMatch(/GITHUBSHA256=\S{44}/);
    await page.getByRole("link").first().click();
    await page.waitForLoadState();
    expect(page.url()).toContain(`${proxy.url}/oauth2/callback?error=access_denied`);
    expect(await textOn(page)).toContain("403");
  });

  test("a person who signs out at both is asked by GitHub the next time", async () => {
    const page = await newPage();
    await signIn(page, octogate.maintainer.login);
    const { signInPort } = octogate.edge();
    const signOut = `https://localhost:${signInPort}/sign-out`;
    await page.goto(`${proxy.url}/oauth2/sign_out?rd=${encodeURIComponent(signOut)}`);
    expect(page.url()).toBe(signOut);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out").waitFor();
    await page.goto(proxy.url);
    expect(new URL(page.url()).origin).toBe(octogate.github.webUrl);
  });
});
