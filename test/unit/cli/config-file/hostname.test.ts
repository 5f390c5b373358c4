import { describe, expect, test } from "vitest";
import { hostnameOf } from "../../../../src/cli/config-file/clusters.ts";
import { configFile } from "../support/config-file.ts";

const route = (pattern: string) => `[[routes]]\npattern = "${pattern}"\ncustom_domain = true\n`;
const hostnameIn = (text: string) => hostnameOf(configFile(text).settings);
const issuer = '[vars]\nISSUER_URL = "https://login.acme.dev"\n';

describe("the hostname that kube-apiserver calls is", () => {
  test("the custom domain", () => {
    expect(hostnameIn(route("auth.acme.dev"))).toBe("auth.acme.dev");
  });

  test.each([[route("login.acme.dev") + route("auth.acme.dev")], [route("auth.acme.dev") + route("login.acme.dev")]])(
    "the one that is not the sign-in's, in whichever order they stand",
    (routes) => {
      expect(hostnameIn(routes + issuer)).toBe("auth.acme.dev");
    },
  );

  test("none where the only one is the sign-in's, or still to be filled in", () => {
    expect(hostnameIn(route("login.acme.dev") + issuer)).toBeNull();
    expect(hostnameIn(route("<auth.example.com>"))).toBeNull();
  });
});
