import fc from "fast-check";
import { parse } from "smol-toml";
import * as v from "valibot";
import { expect, test } from "vitest";
import { writePins } from "../../../../../src/cli/commands/pin/command.ts";
import { isInRepository, namedEntriesIn, pinOf } from "../../../../../src/cli/commands/pin/named-entries.ts";
import { configFile } from "../../support/config-file.ts";

function pinAll(toml: string, id: number): string {
  const file = configFile(toml);
  const unpinned = namedEntriesIn(file.settings).filter(({ named }) => pinOf(named) === null);
  return writePins(
    file,
    unpinned.map((entry) => ({ entry, pin: isInRepository(entry.named) ? `#${id}/${id}` : `#${id}` })),
  );
}

test("numbers are written behind names, and nothing else changes", () => {
  const toml = `# ours
[vars.CLUSTER_A]   # the first
deny = ['user:ben', "user:cleo#3",]
allow = [ # "user:unnamed"
\t"org:acme", # all of it
  """team:acme/platform""" , "anyone" ]
groups_from=["acme", "team:acme/sre"]
[vars]
CLUSTER_B = { allow = ["user:ada"] } # "user:ada"
CLIENT_ARGOCD = { allow = ["org:acme"], redirect_uris = ["user:ada"] }
NAMES = ["user:ada"]
`;
  expect(pinAll(toml, 7)).toBe(`# ours
[vars.CLUSTER_A]   # the first
deny = ['user:ben#7', "user:cleo#3",]
allow = [ # "user:unnamed"
\t"org:acme#7", # all of it
  """team:acme/platform#7""" , "anyone" ]
groups_from=["acme#7", "team:acme/sre#7"]
[vars]
CLUSTER_B = { allow = ["user:ada#7"] } # "user:ada"
CLIENT_ARGOCD = { allow = ["org:acme#7"], redirect_uris = ["user:ada"] }
NAMES = ["user:ada"]
`);
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const entry = fc.oneof(
  name.map((login) => `user:${login}`),
  name.map((login) => `org:${login}`),
  fc.tuple(name, name).map(([login, slug]) => `team:${login}/${slug}`),
  fc.constant("anyone"),
  fc.constant("user:octocat#583231"),
);
const quoted = fc.tuple(entry, fc.constantFrom('"', "'", '"""', "'''")).map(([text, quote]) => quote + text + quote);
const separator = fc.constantFrom(", ", ",\n", ', # a comment, with "user:x"\n', ",  ");
const list = fc.array(fc.tuple(quoted, separator), { maxLength: 6 });

test("in any file, every unpinned name ends up with its number, and all other values are as they were", () => {
  fc.assert(
    fc.property(list, list, (allow, deny) => {
      const written = (items: typeof allow) => `[${items.map((item) => item.join("")).join("")}]`;
      const toml = `x = 1 # é\n[vars.CLUSTER_A]\nallow = ${written(allow)}\ndeny = ${written(deny)}\ny = "user:z"\n`;
      const expected = v.parse(fileSchema, parse(toml));
      const { CLUSTER_A } = expected.vars;
      for (const entries of [CLUSTER_A.allow, CLUSTER_A.deny]) {
        entries.forEach((text, index) => {
          if (text !== "anyone" && !text.includes("#")) entries[index] = `${text}#42`;
        });
      }
      const pinned = pinAll(toml, 42);
      expect(parse(pinned)).toEqual(expected);
      expect(pinned.replaceAll("#42", "")).toBe(toml);
    }),
  );
});

const fileSchema = v.looseObject({
  vars: v.object({ CLUSTER_A: v.looseObject({ allow: v.array(v.string()), deny: v.array(v.string()) }) }),
});
