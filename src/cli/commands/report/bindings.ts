// Role bindings as kubectl prints them: read from a file, whole or not at all.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import * as v from "valibot";
import { parseJson } from "../../../worker/json.ts";
import { cliError } from "../../command.ts";

export interface RoleBinding {
  readonly kind: "RoleBinding" | "ClusterRoleBinding";
  readonly name: string;
  /** Null: in the whole cluster. */
  readonly namespace: string | null;
  /** Such as `ClusterRole/view`. */
  readonly role: string;
  readonly subjects: readonly { readonly kind: "User" | "Group"; readonly name: string }[];
}

const madeBy = "kubectl get rolebindings,clusterrolebindings -A -o json";
/** A cluster with tens of thousands of bindings has some 50 MB. */
const maxBytes = 256 * 1024 * 1024;

const subjectSchema = v.object({ kind: v.string(), name: v.string() });
const bindingSchema = v.object({
  kind: v.picklist(["RoleBinding", "ClusterRoleBinding"]),
  metadata: v.object({ name: v.string(), namespace: v.optional(v.string()) }),
  roleRef: v.object({ kind: v.string(), name: v.string() }),
  subjects: v.nullish(v.array(subjectSchema), []),
});
const listSchema = v.object({
  kind: v.literal("List"),
  metadata: v.optional(v.object({ continue: v.optional(v.string(), "") })),
  items: v.array(v.unknown()),
});

/**
 * @param path relative to the folder
 * @throws CliError where it is no such list, or not all of it
 */
export async function readBindings(path: string, folder: string): Promise<RoleBinding[]> {
  const file = resolve(folder, path);
  const { size } = await stat(file);
  if (size > maxBytes)
    throw cliError(path, `has ${Math.ceil(size / 1024 / 1024)} MB, at most 256 are read`, `${madeBy} > file`);
  return parseBindings(path, await readFile(file, "utf8"));
}

/** @param path for messages */
export function parseBindings(path: string, text: string): RoleBinding[] {
  const hint = `${madeBy} > file`;
  const json = parseJson(text.replace(/^\ufeff/, ""));
  if (json === undefined) throw cliError(path, "is no JSON, or not all of it", hint);
  const list = v.safeParse(listSchema, json);
  if (!list.success) throw cliError(path, "is no list of bindings as kubectl prints it", hint);
  if ((list.output.metadata?.continue ?? "") !== "") throw cliError(path, "is the first part of a longer list", hint);
  const bindings = list.output.items.map((item, index): RoleBinding => {
    const parsed = v.safeParse(bindingSchema, item);
    if (!parsed.success)
      throw cliError(`${path}: items[${index}]`, "is no RoleBinding and no ClusterRoleBinding", hint);
    const { kind, metadata, roleRef, subjects } = parsed.output;
    if (kind === "RoleBinding" && metadata.namespace === undefined) {
      throw cliError(`${path}: items[${index}]`, "is a RoleBinding without a namespace", hint);
    }
    return {
      kind,
      name: metadata.name,
      namespace: kind === "RoleBinding" ? (metadata.namespace ?? "") : null,
      role: `${roleRef.kind}/${roleRef.name}`,
      subjects: (subjects ?? []).flatMap((subject) =>
        subject.kind === "User" || subject.kind === "Group" ? [{ kind: subject.kind, name: subject.name }] : [],
      ),
    };
  });
  // Every cluster has some, such as cluster-admin's.
  if (!bindings.some(({ kind }) => kind === "ClusterRoleBinding")) {
    throw cliError(path, "has no ClusterRoleBinding, so it is not all of a cluster's", hint);
  }
  return bindings;
}
