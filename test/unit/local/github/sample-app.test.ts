import { expect, test } from "vitest";
import { addSampleApp } from "../../../../src/local/github/sample-app.ts";
import { addSampleUsers } from "../../../../src/local/github/sample-users.ts";
import { openBrowser, signInAtGitHub } from "../../../support/github-browser.ts";
import { get, listIn, objectIn, start } from "./support.ts";

const callbackUrl = "https://localhost:8444/callback";

test("the sample app has credentials as GitHub makes them, and keeps those it had before", async () => {
  const standIn = await start();
  const users = addSampleUsers(standIn);
  const { clientId, clientSecret, ...settings } = addSampleApp(standIn, users, { callbackUrl });
  expect(clientId).toMatch(/^Iv23li[A-Za-z0-9]{14}$/);
  expect(clientSecret).toMatch(/^[0-9a-f]{40}$/);
  const flow = { callbackUrls: [callbackUrl], deviceFlow: true, expiringTokens: true, visibility: "public" };
  expect(settings).toMatchObject({ ...flow, owner: users.organisations[0] });

  const later = await start();
  const credentials = { clientId, clientSecret };
  expect(addSampleApp(later, addSampleUsers(later), { callbackUrl, credentials })).toMatchObject(credentials);
});

test("sample users sign in with it, and it sees their organisations and teams", async () => {
  const standIn = await start();
  const { clientId, clientSecret } = addSampleApp(standIn, addSampleUsers(standIn), { callbackUrl });
  const browser = openBrowser({ origins: [standIn.webUrl] });
  const back = await signInAtGitHub(
    browser,
    `${standIn.webUrl}/login/oauth/authorize?client_id=${clientId}`,
    "tara-triton",
  );
  const response = await fetch(`${standIn.webUrl}/login/oauth/access_token`, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({
      ...{ client_id: clientId, client_secret: clientSecret },
      code: back.searchParams.get("code") ?? "",
    }),
  });
  const token = String((await objectIn(response)).access_token);
  const memberships = await listIn(await get(standIn, "/user/memberships/orgs", token));
  expect(memberships.map(({ organization }) => organization)).toMatchObject([{ login: "trench-labs" }]);
  const teams = await listIn(await get(standIn, "/user/teams", token));
  expect(teams.map(({ slug }) => slug)).toEqual(["platform-storage"]);
});
