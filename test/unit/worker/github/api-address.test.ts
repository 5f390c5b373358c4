import { expect, test } from "vitest";
import { apiAddressOf } from "../../../../src/worker/github/api-address.ts";

test.each([
  ["github.com", "https://api.github.com", "https://api.github.com/graphql", "github.com"],
  [
    "GitHub Enterprise Server",
    "https://github.acme.test/api/v3",
    "https://github.acme.test/api/graphql",
    "github.acme.test",
  ],
  [
    "GitHub Enterprise Server with a port",
    "https://github.acme.test:8443/api/v3",
    "https://github.acme.test:8443/api/graphql",
    "github.acme.test:8443",
  ],
  [
    "a server with a version in its name",
    "https://v3.acme.test/api/v3",
    "https://v3.acme.test/api/graphql",
    "v3.acme.test",
  ],
  // Nothing keeps a server from having such a name; "acme.test" may be another one, with other people under the same
  // numbers.
  ["a server that is called api", "https://api.acme.test/api/v3", "https://api.acme.test/api/graphql", "api.acme.test"],
  ["data residency", "https://api.octocorp.ghe.com", "https://api.octocorp.ghe.com/graphql", "octocorp.ghe.com"],
  ["a stand-in", "http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql", "127.0.0.1:8080"],
  ["a host with api. inside of its name", "https://my.api.test", "https://my.api.test/graphql", "my.api.test"],
])("%s", (_, restUrl, graphqlUrl, host) => {
  expect(apiAddressOf(restUrl)).toEqual({ restUrl, graphqlUrl, host });
});
