// Everything that goes into one cluster, put together from k8s/: files, where they go, and the guide.
import { posix } from "node:path";
import { readClusterFile } from "../../../node/kubeconfig.ts";
import type { Diagnostic } from "../../command.ts";
import { asksForFile, type Fillings, fillIn } from "./fill-in.ts";
import type { Guide } from "./guide.ts";
import type { RbacFile } from "./rbac.ts";

export interface BundleFile {
  /** Its name in the bundle. */
  readonly name: string;
  /** Where it goes on a control-plane node, or null where the guide says what to do with it. */
  readonly path: string | null;
  readonly mode: string | null;
  /** Null: the operator's own client certificate or its key, which was not read. */
  readonly content: string | null;
}

/** What goes into one cluster. */
export interface Bundle {
  /** The deployment's that the cluster calls. */
  readonly hostname: string;
  readonly files: readonly BundleFile[];
  /** Markdown. */
  readonly steps: string;
  /** Whether anybody has run this, and where it is from. */
  readonly checked: string;
  readonly notes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether a file's content holds a secret. */
  readonly isSecret: (content: string) => boolean;
}

/** Files of the bundle that are made, and do not lie in k8s/ as templates. */
export type MadeFiles = Readonly<Record<string, { readonly content: string | null } | null>>;

interface BundleParts {
  /** The folder of k8s/ with the guide and the templates. */
  readonly folder: string;
  readonly guide: Guide;
  /** The value of --for. */
  readonly target: string;
  /** By name; null: there is none in this bundle. */
  readonly made: MadeFiles;
  readonly fillings: Fillings;
  readonly rbac: readonly RbacFile[];
}

/** @returns the files of the guide's head that the target has, and the role bindings */
export function bundleFiles({ folder, guide, target, made, fillings, rbac }: BundleParts): BundleFile[] {
  const files = filesOf(guide, target).flatMap(({ name, template = name, path = null, mode = null }): BundleFile[] => {
    if (!Object.hasOwn(made, name)) {
      return [{ name, path, mode, content: fillIn(name, readClusterFile(posix.join(folder, template)), fillings) }];
    }
    const file = made[name] ?? null;
    return file === null ? [] : [{ name, path, mode, content: file.content }];
  });
  return [...files, ...rbac.map((file) => ({ ...file, path: null, mode: null }))];
}

/** @param names of made files @returns whether one of the guide's templates asks for one of them */
export function embeds(names: readonly string[], folder: string, guide: Guide, made: readonly string[]): boolean {
  const templates = guide.files.filter(({ name }) => !made.includes(name));
  return templates.some(({ name }) => asksForFile(readClusterFile(posix.join(folder, name)), names));
}

function filesOf(guide: Guide, target: string): Guide["files"] {
  return guide.files.filter((file) => file.for === undefined || file.for.includes(target));
}
