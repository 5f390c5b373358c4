// Cuts the schemas of what goes into clusters out of packages that publish them. Run by hand when there are newer ones:
// node test/published/clusters/cut.ts FOLDER && npm run format
//
// FOLDER is a scratch folder with the unpacked packages. `eksctl` leads to the Go module github.com/weaveworks/eksctl;
// `talos` and `talos-before-1.14` to github.com/siderolabs/talos/pkg/machinery of 1.14 and of 1.13 (`go mod download
// -json MODULE@VERSION` says where they are); `botocore`, `azure` (azure-mgmt-containerservice, a pre-release) and
// `google` (google-api-python-client) are what `pip download --no-deps` brings, unzipped. They are too large to be
// dependencies, or not in npm. The cut is plain JSON Schema without descriptions. What Octogate does not use is left
// out, and everything that is left out is refused.
import { copyFileSync, globSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json;
}
/** JSON Schemas by their names. A reference is `#/definitions/NAME`. */
type Definitions = Record<string, JsonObject>;

/** The roots, and of a large schema the only properties that stay. */
type Roots = Readonly<Record<string, readonly string[] | "all">>;

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Files that have to stay with a copy. */
  readonly notices: readonly string[];
}

const sources: Readonly<Record<string, (folder: string) => Package & { readonly definitions: Definitions }>> = {
  eksctl: (folder) => ({
    ...goModule(folder, "github.com/weaveworks/eksctl", "Apache-2.0"),
    definitions: withTypeOfProvider(
      cutJsonSchema(readJson(join(folder, "pkg/apis/eksctl.io/v1alpha5/assets/schema.json")), {
        ClusterConfig: ["apiVersion", "kind", "metadata", "identityProviders"],
        ClusterMeta: "all",
        IdentityProvider: "all",
        OIDCIdentityProvider: "all",
      }),
    ),
  }),
  botocore: (folder) => {
    const model = gunzipSync(readFileSync(join(folder, "botocore/data/eks/2017-11-01/service-2.json.gz")));
    const { shapes = null } = objectOf(JSON.parse(model.toString("utf8")));
    return { ...wheel(folder), definitions: cutShapes(objectOf(shapes), ["AssociateIdentityProviderConfigRequest"]) };
  },
  azure: (folder) => ({
    ...wheel(folder),
    definitions: cutTypedDicts(readFileSync(join(folder, "azure/mgmt/containerservice/types.py"), "utf8"), [
      "JWTAuthenticatorProperties",
    ]),
  }),
  google: (folder) => {
    const { schemas = null } = readJson(join(folder, "googleapiclient/discovery_cache/documents/iam.v1.json"));
    return {
      ...wheel(folder),
      definitions: cutJsonSchema(
        { definitions: schemas },
        {
          WorkforcePoolProvider: ["displayName", "description", "attributeMapping", "attributeCondition", "oidc"],
        },
      ),
    };
  },
  talos: (folder) => ({
    ...goModule(folder, "github.com/siderolabs/talos/pkg/machinery", "MPL-2.0"),
    definitions: cutJsonSchema(readJson(join(folder, "config/schemas/config.schema.json")), {
      "k8s.KubeAuthenticationConfigV1Alpha1": "all",
    }),
  }),
  "talos-before-1.14": (folder) => ({
    ...goModule(folder, "github.com/siderolabs/talos/pkg/machinery", "MPL-2.0"),
    definitions: cutJsonSchema(readJson(join(folder, "config/schemas/config.schema.json")), {
      "v1alpha1.Config": "all",
      "v1alpha1.MachineConfig": ["files"],
      "v1alpha1.ClusterConfig": ["apiServer"],
      "v1alpha1.APIServerConfig": ["extraArgs", "extraVolumes"],
    }),
  }),
};

/** Keywords that stay; those of {@link annotations} make no value invalid, and go. Any other one stops the script. */
const keywordsOfValues = ["type", "enum", "required", "pattern", "minimum", "maximum", "minLength", "maxLength"];
const keywordsOfOneSchema = ["items", "additionalProperties"];
const keywordsOfSchemas = ["properties", "patternProperties"];
const keywordsOfLists = ["oneOf", "anyOf", "allOf"];
const annotations = [
  "description",
  "title",
  "markdownDescription",
  "default",
  "preferredOrder",
  "format",
  "id",
  "readOnly",
];

/** @param document with `definitions` or `$defs`; Google's references are bare names */
function cutJsonSchema(document: JsonObject, roots: Roots): Definitions {
  const all = objectOf(document.definitions ?? document.$defs ?? null);
  const cut: Definitions = {};
  const add = (name: string): void => {
    if (cut[name] !== undefined) return;
    const published = objectOf(all[name] ?? null);
    const kept = roots[name] ?? "all";
    const { properties } = published;
    const chosen = kept === "all" ? published : { ...published, properties: pick(objectOf(properties ?? null), kept) };
    const schema: JsonObject = {};
    // The name is taken before references lead back to it.
    cut[name] = schema;
    Object.assign(schema, plainSchema(chosen, add));
    // Google's schemas do not say that an unknown member is refused.
    if (schema.type === "object" && schema.properties !== undefined) schema.additionalProperties ??= false;
  };
  Object.keys(roots).forEach(add);
  return cut;
}

function plainSchema(schema: JsonObject, add: (name: string) => void): JsonObject {
  const result: JsonObject = {};
  const inner = (value: Json) => plainSchema(objectOf(value), add);
  for (const [keyword, value] of Object.entries(schema)) {
    if (annotations.includes(keyword) || keyword.startsWith("x-") || keyword === "enumDescriptions") continue;
    if (keyword === "$ref") {
      const name = String(value).replace(/^#\/(?:definitions|\$defs)\//, "");
      add(name);
      result.$ref = `#/definitions/${name}`;
    } else if (keywordsOfValues.includes(keyword)) result[keyword] = value;
    else if (keywordsOfOneSchema.includes(keyword)) result[keyword] = typeof value === "boolean" ? value : inner(value);
    else if (keywordsOfSchemas.includes(keyword)) result[keyword] = mapValues(objectOf(value), inner);
    else if (keywordsOfLists.includes(keyword)) result[keyword] = listOf(value).map(inner);
    else throw new Error(`the keyword ${keyword} is new: say in cut.ts what becomes of it`);
  }
  return result;
}

/**
 * By its own schema eksctl would refuse every provider: `type` is demanded, and OIDCIdentityProvider does not know it.
 */
function withTypeOfProvider(definitions: Definitions): Definitions {
  const { IdentityProvider: provider = {}, OIDCIdentityProvider: oidc = {} } = definitions;
  const properties = objectOf(oidc.properties ?? null);
  if (properties.type !== undefined) throw new Error("eksctl's schema knows the type by now: drop this correction");
  properties.type = objectOf(provider.properties ?? null).type ?? null;
  return definitions;
}

/** Amazon's own form of schemas, of which only that exists which these shapes use. */
function cutShapes(shapes: JsonObject, roots: readonly string[]): Definitions {
  const cut: Definitions = {};
  const reference = (value: Json): JsonObject => {
    const name = String(objectOf(value).shape);
    if (cut[name] === undefined) {
      cut[name] = {};
      Object.assign(cut[name], schemaOf(objectOf(shapes[name] ?? null)));
    }
    return { $ref: `#/definitions/${name}` };
  };
  const schemaOf = (shape: JsonObject): JsonObject => {
    const { type, required = [], members = {}, key = null, value = null, min, max } = shape;
    switch (type) {
      case "structure":
        return {
          type: "object",
          required,
          properties: mapValues(objectOf(members), reference),
          additionalProperties: false,
        };
      case "map":
        return { type: "object", propertyNames: reference(key), additionalProperties: reference(value) };
      case "string":
        return {
          type,
          ...(min === undefined ? {} : { minLength: min }),
          ...(max === undefined ? {} : { maxLength: max }),
        };
      default:
        throw new Error(`a shape of the type ${String(type)} is new: say in cut.ts what becomes of it`);
    }
  };
  for (const shape of roots) reference({ shape });
  return cut;
}

/** Python's description of JSON: `class Name(TypedDict, total=False):`, and a line `member: Type` for each member. */
function cutTypedDicts(source: string, roots: readonly string[]): Definitions {
  const cut: Definitions = {};
  const schemaOf = (type: string): JsonObject => {
    const [, element] = /^list\[(.+)\]$/.exec(type) ?? [];
    if (element !== undefined) return { type: "array", items: schemaOf(element) };
    if (/^(?:str|Union\[str, "\w+"\])$/.test(type)) return { type: "string" };
    const [, name] = /^"(\w+)"$/.exec(type) ?? [];
    if (name === undefined) throw new Error(`the type ${type} is new: say in cut.ts what becomes of it`);
    add(name);
    return { $ref: `#/definitions/${name}` };
  };
  const add = (name: string): void => {
    if (cut[name] !== undefined) return;
    const [, body] =
      new RegExp(`^class ${name}\\(TypedDict, total=False\\):.*?\\n(.*?)(?=^class )`, "ms").exec(source) ?? [];
    if (body === undefined) throw new Error(`there is no class ${name}`);
    const members = [...body.replace(/"""[\s\S]*?"""/g, "").matchAll(/^ {4}(\w+): (.+)$/gm)];
    const schema: JsonObject = {};
    cut[name] = schema;
    const inner = (type: string) => /^Required\[(.+)\]$/.exec(type)?.[1];
    Object.assign(schema, {
      type: "object",
      required: members.flatMap(([, member = "", type = ""]) => (inner(type) === undefined ? [] : [member])),
      properties: Object.fromEntries(
        members.map(([, member = "", type = ""]) => [member, schemaOf(inner(type) ?? type)]),
      ),
      additionalProperties: false,
    });
  };
  roots.forEach(add);
  return cut;
}

/** @param license as the file LICENSE in it says; a module names none in a form that a program can read */
function goModule(folder: string, name: string, license: string): Package {
  const [, version] = /@v([^/]+)$/.exec(realpathSync(folder)) ?? [];
  if (version === undefined) throw new Error(`${folder} is no folder of Go's module cache`);
  return { name, version, license, notices: [join(folder, "LICENSE")] };
}

function wheel(folder: string): Package {
  const [metadataFile = ""] = globSync("*.dist-info/METADATA", { cwd: folder });
  const metadata = readFileSync(join(folder, metadataFile), "utf8");
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(metadata)?.[1];
  return {
    name: field("Name") ?? "",
    version: field("Version") ?? "",
    license: field("License-Expression") ?? field("License") ?? "",
    notices: globSync("*.dist-info/**/{LICENSE,NOTICE}*", { cwd: folder }).map((file) => join(folder, file)),
  };
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, object[key] ?? null]));
}

function mapValues(object: JsonObject, map: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

function objectOf(value: Json): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`an object was expected: ${JSON.stringify(value).slice(0, 100)}`);
}

function listOf(value: Json): Json[] {
  if (!Array.isArray(value)) throw new Error(`a list was expected: ${JSON.stringify(value).slice(0, 100)}`);
  return value;
}

function readJson(file: string): JsonObject {
  return objectOf(JSON.parse(readFileSync(file, "utf8")));
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node test/published/clusters/cut.ts FOLDER");
const notices = join(import.meta.dirname, "notices");
mkdirSync(notices, { recursive: true });
const cuts = Object.entries(sources).map(([source, cutSource]) => {
  const { notices: files, definitions, ...from } = cutSource(join(folder, source));
  for (const file of files) copyFileSync(file, join(notices, `${basename(from.name)}-${basename(file)}`));
  return { source, ...from, definitions };
});
writeFileSync(join(import.meta.dirname, "schemas.json"), `${JSON.stringify(cuts, null, 2)}\n`);
