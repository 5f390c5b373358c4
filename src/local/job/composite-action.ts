// Steps of a composite action as GitHub's runner reads them, as far as the one in k8s/ needs it.
import * as v from "valibot";
import { parse } from "yaml";

export interface ActionStep {
  readonly shell: "sh" | "bash";
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

const actionSchema = v.object({
  inputs: v.record(v.string(), v.object({ required: v.optional(v.boolean()), default: v.optional(v.string()) })),
  runs: v.object({
    using: v.literal("composite"),
    steps: v.array(
      v.object({
        shell: v.picklist(["sh", "bash"]),
        run: v.string(),
        env: v.optional(v.record(v.string(), v.string()), {}),
      }),
    ),
  }),
});

const inputExpression = /\$\{\{ inputs\.([a-z-]+) \}\}/g;

/**
 * @param action the text of an action.yml
 * @param inputs what stands under `with`
 * @throws Error for an input that the action does not have or that is missing, and for an expression of another kind
 */
export function actionSteps(action: string, inputs: Readonly<Record<string, string>>): ActionStep[] {
  const { inputs: known, runs } = v.parse(actionSchema, parse(action));
  for (const name of Object.keys(inputs)) if (!Object.hasOwn(known, name)) throw new Error(`${name}: is no input`);
  const inputOf = (name: string) => {
    const value = inputs[name] ?? known[name]?.default;
    if (value === undefined) throw new Error(`${name}: is a required input`);
    return value;
  };
  const filled = (text: string) => text.replace(inputExpression, (_, name: string) => inputOf(name));
  return runs.steps.map(({ shell, run, env }) => {
    const rest = [run, ...Object.values(env).map((value) => value.replace(inputExpression, ""))];
    if (rest.some((text) => text.includes("${{"))) throw new Error("an expression that is no input, or in a script");
    return {
      shell,
      script: run,
      environment: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)])),
    };
  });
}
