// Properties of every redirect back to an app.
import fc from "fast-check";
import { expect, test } from "vitest";
import { signInAtGitHub } from "../../../../support/github-browser.ts";
import { callbackUrl, challenge, scene } from "./scene.ts";

const registered = [callbackUrl, "https://sign-in.example/other?kept=1"];

const redirectUri = fc.oneof(
  fc.constantFrom(...registered, `${callbackUrl}@attacker.example/`, `${callbackUrl}/../x`, "//attacker.example", "\\"),
  fc.webUrl(),
  fc.string(),
);

test("an app that asks with anything: the browser goes to one of its callback URLs or stays at GitHub", async () => {
  const { newBrowser, authorizeUrl } = await scene({ callbackUrls: registered });
  const browser = newBrowser();
  await signInAtGitHub(browser, authorizeUrl(), "octo-reader");
  const parameters = fc.dictionary(fc.constantFrom("state", "scope", "prompt", "login", "error", "code"), fc.string());
  await fc.assert(
    fc.asyncProperty(redirectUri, parameters, async (uri, more) => {
      const visit = await browser.open(authorizeUrl({ ...more, redirect_uri: uri }));
      if (visit.kind === "page") return;
      const url = new URL(visit.url);
      expect(registered.map((one) => new URL(one).origin + new URL(one).pathname)).toContain(url.origin + url.pathname);
      expect(url.searchParams.has("code")).toBe(registered.includes(uri));
      expect(url.searchParams.get("state")).toBe(more.state ?? "s");
    }),
  );
});

test("any state comes back unchanged, by way of the page, too", async () => {
  const { newBrowser, authorizeUrl } = await scene();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 300 }), async (state) => {
      const back = await signInAtGitHub(
        newBrowser(),
        authorizeUrl({ state, code_challenge: challenge }),
        "octo-reader",
      );
      expect(back.searchParams.get("state")).toBe(state);
    }),
  );
});
